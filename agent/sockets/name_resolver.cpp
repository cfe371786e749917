#include "agent/sockets/name_resolver.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include <linux/capability.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/system/descriptor.hpp"

namespace honeyswitch::agent {

struct NameResolver::Shared {
    struct Question {
        std::size_t number;
        ControllerName name;
    };
    struct Answer {
        std::size_t number = 0;
        Addresses addresses;
    };

    std::mutex mutex;
    std::condition_variable asked;
    std::deque<Question> questions;
    std::deque<Answer> answers;
    bool ended = false;
    Descriptor event;
};

namespace {

/// Of the calling thread alone.
void give_up_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    (void)syscall(SYS_capset, &header, none.data());
}

}  // namespace

std::expected<NameResolver, Error> NameResolver::start() {
    const auto failed = [](std::string reason) {
        return std::unexpected(Error{"start", "the resolver of names", std::move(reason)});
    };
    auto shared = std::make_shared<Shared>();
    shared->event = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!shared->event) return failed(std::strerror(errno));
    try {
        std::thread(serve, shared).detach();
    } catch (const std::system_error& error) {
        return failed(error.what());
    }
    return NameResolver(std::move(shared));
}

void NameResolver::serve(const std::shared_ptr<Shared>& shared) {
    give_up_capabilities();
    std::unique_lock lock(shared->mutex);
    while (!shared->ended) {
        shared->asked.wait(lock, [&] { return shared->ended || !shared->questions.empty(); });
        if (shared->questions.empty()) continue;
        Shared::Answer answer;
        const auto name = std::move(shared->questions.front().name);
        answer.number = shared->questions.front().number;
        shared->questions.pop_front();
        lock.unlock();
        answer.addresses = resolve(name);
        lock.lock();
        shared->answers.push_back(std::move(answer));
        (void)eventfd_write(shared->event.get(), 1);
    }
}

NameResolver::~NameResolver() {
    if (shared_ == nullptr) return;
    const std::lock_guard lock(shared_->mutex);
    shared_->ended = true;
    shared_->asked.notify_one();
}

void NameResolver::ask(std::size_t number, const ControllerName& name) {
    const std::lock_guard lock(shared_->mutex);
    shared_->questions.push_back({number, name});
    shared_->asked.notify_one();
}

int NameResolver::descriptor() const {
    return shared_->event.get();
}

void NameResolver::take(const std::function<void(std::size_t, const Addresses&)>& answer) {
    std::deque<Shared::Answer> answers;
    {
        const std::lock_guard lock(shared_->mutex);
        eventfd_t count = 0;
        (void)eventfd_read(shared_->event.get(), &count);
        answers.swap(shared_->answers);
    }
    for (const auto& [number, addresses] : answers) answer(number, addresses);
}

}  // namespace honeyswitch::agent
