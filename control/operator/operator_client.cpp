#include "control/operator/operator_client.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "control/operator/operator_request.hpp"

namespace honeyswitch::control {
namespace {

bool try_again() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

bool OperatorClient::request_waits() const {
    return received_.contains('\n');
}

std::uint32_t OperatorClient::interest() const {
    if (streams()) return (ended_ ? 0U : EPOLLIN) | (response_.empty() ? 0U : EPOLLOUT);
    return response_.empty() && !request_waits() ? EPOLLIN : EPOLLOUT;
}

bool OperatorClient::service(std::uint32_t ready, const OperatorContext& context, TimePoint now) {
    // Both directions are closed: nobody will read a response.
    if ((ready & (EPOLLERR | EPOLLHUP)) != 0) return false;
    if (streams()) return hear_and_send(ready, now);
    if ((ready & EPOLLIN) != 0 && !receive(now)) return false;
    if (response_.empty()) answer_one(context, now);
    if (!response_.empty() && !send_some(now)) return false;
    return !(ended_ && response_.empty() && !request_waits());
}

bool OperatorClient::hear_and_send(std::uint32_t ready, TimePoint now) {
    if ((ready & EPOLLIN) != 0 && !hear_nothing()) return false;
    return stream(0, now);
}

bool OperatorClient::stream(std::size_t most, TimePoint now) {
    if (!response_.empty() && !send_some(now)) return false;
    if (response_.empty()) {
        stream_->fill(response_, most);
        if (!response_.empty() && !send_some(now)) return false;
    }
    return !(stream_->over() && response_.empty());
}

/// Takes what it says, which means nothing. A client may close the direction in which it has no more to say;
/// one that closes both is known by EPOLLHUP.
bool OperatorClient::hear_nothing() {
    std::array<char, longest_request> chunk;
    const auto size = recv(fd(), chunk.data(), chunk.size(), 0);
    if (size == 0) ended_ = true;
    return size >= 0 || try_again();
}

bool OperatorClient::receive(TimePoint now) {
    std::array<char, longest_request> chunk;
    const auto size = recv(fd(), chunk.data(), longest_request - received_.size(), 0);
    if (size < 0) return try_again();
    last_used_ = now;
    if (size == 0) {
        ended_ = true;
        if (!received_.empty()) received_ += '\n';  // a last line may lack its newline
        return true;
    }
    received_.append(chunk.data(), static_cast<std::size_t>(size));
    if (received_.size() < longest_request || request_waits()) return true;
    ended_ = true;  // where the next request begins, only a guess could tell
    received_.clear();
    response_ = fmt::format("{{\"error\":\"a request is longer than {} bytes\"}}\n", longest_request);
    return true;
}

void OperatorClient::answer_one(const OperatorContext& context, TimePoint now) {
    const auto end = received_.find('\n');
    if (end == std::string::npos) return;
    std::optional<EventFilter> wanted;
    response_ = answer(std::string_view(received_).substr(0, end), *context.inspect, *context.operate, now,
                       {.right = right_,
                        .who = who_.text,
                        .events = context.events,
                        .stream = context.latest_events->readers() < most_streams ? &wanted : nullptr,
                        .uid = who_.uid,
                        .pid = who_.pid});
    received_.erase(0, end + 1);
    if (wanted) stream_ = std::make_unique<EventStream>(*context.latest_events, std::move(*wanted));
}

bool OperatorClient::send_some(TimePoint now) {
    const auto size =
        send(fd(), response_.data() + sent_, response_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0) return try_again();
    last_used_ = now;
    sent_ += static_cast<std::size_t>(size);
    if (sent_ < response_.size()) return true;
    sent_ = 0;
    // A page is large, and an idle client keeps none; who is told of events needs the room again at once.
    if (streams())
        response_.clear();
    else
        std::string().swap(response_);
    return true;
}

}  // namespace honeyswitch::control
