#include "control/process/port_guard.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

namespace honeyswitch::control {
namespace {

constexpr int between_looks_ms = 1'000;
constexpr std::chrono::milliseconds between_looks{between_looks_ms};

}  // namespace

std::expected<std::unique_ptr<PortGuard>, Error> PortGuard::start(const std::vector<GuardedPort>& ports,
                                                                  PortKeeper& keeper) {
    auto links = LinkSocket::open();
    if (!links) return std::unexpected(links.error());
    Descriptor stop(eventfd(0, EFD_CLOEXEC));
    if (!stop) return std::unexpected(Error{"watch", "the ports", std::strerror(errno)});
    std::unique_ptr<PortGuard> watch(new PortGuard(std::move(*links), std::move(stop), keeper));
    watch->all_ = ports;
    for (const GuardedPort& port : ports)
        if (!port.link.empty() && !watch->is_beside_links(port) &&
            std::ranges::find(watch->whole_, port.link) == watch->whole_.end())
            watch->whole_.push_back(port.link);
    for (const GuardedPort& port : ports)
        if (auto added = watch->add(port); !added) return std::unexpected(added.error());
    watch->thread_ = std::jthread([raw = watch.get()] { raw->run(); });
    return watch;
}

PortGuard::~PortGuard() {
    (void)eventfd_write(stop_.get(), 1);
}

std::expected<void, Error> PortGuard::add(const GuardedPort& watched) {
    if (!watched.interface) return {};  // DPDK has it all
    Port port{.configured = watched, .interface = if_nametoindex(watched.interface->c_str()), .program = {}};
    const auto program = links_.xdp_program(port.interface);
    if (!program)
        return std::unexpected(Error{"watch", "port " + watched.text, std::strerror(program.error())});
    if (watched.xdp) {
        port.program = *program;
        port.program_handle = xdp_program_by_id(program->id);
    }
    ports_.push_back(std::move(port));
    return {};
}

/// A mirror of a switch that is led through elsewhere: the links do not end with it, nor it with them.
bool PortGuard::is_beside_links(const GuardedPort& port) const {
    return port.mirror && std::ranges::any_of(all_, [](const GuardedPort& other) {
               return !other.link.empty() && !other.mirror;
           });
}

void PortGuard::lose(const GuardedPort& port, const std::string& reason) {
    if (is_beside_links(port))
        return give_up(port, fmt::format("port {}: {}; it is given up, and link {} is not observed until "
                                         "honeyswitch is started again. All else goes on",
                                         port.text, reason, port.link));
    if (!port.link.empty()) return lose_link(port, reason);
    give_up(port, fmt::format("port {}: {}; it is given up, and its honeypots are down until honeyswitch is "
                              "started again. All else goes on",
                              port.text, reason));
}

void PortGuard::give_up(const GuardedPort& port, const std::string& sentence) {
    const std::uint32_t bit = 1U << port.index;
    if ((gone_.fetch_or(bit, std::memory_order_relaxed) & bit) == 0) spdlog::warn("{}", sentence);
}

/// One link less is no reason to stop the others.
void PortGuard::lose_link(const GuardedPort& port, const std::string& reason) {
    const std::lock_guard lock(losing_);
    if (lost()) return;
    std::erase(whole_, port.link);
    if (!whole_.empty())
        return give_up(port, fmt::format("port {}: {}; it is given up, and nothing passes on link {} until "
                                         "honeyswitch is started again. {} {} on",
                                         port.text, reason, port.link, fmt::join(whole_, ", "),
                                         whole_.size() == 1 ? "goes" : "go"));
    reason_ = fmt::format("port {}: {}", port.text, reason);
    lost_.store(true, std::memory_order_release);
}

void PortGuard::was_absent(dataplane::PortIndex port, std::optional<std::filesystem::path> folder) {
    lose(all_.at(port), "it was not there at the start");
    if (!folder) return;
    const std::lock_guard lock(awaiting_);
    awaited_.push_back({all_.at(port).text, std::move(*folder)});
}

void PortGuard::tell_of_absent() {
    const std::lock_guard lock(awaiting_);
    std::erase_if(awaited_, [](const Absent& port) {
        std::error_code failure;
        if (!std::filesystem::exists(port.folder, failure)) return false;
        spdlog::warn("port {}: it is there now, and is used from the next start of honeyswitch on",
                     port.text);
        return true;
    });
}

void PortGuard::wanted_back(const std::string& device) {
    for (const GuardedPort& port : all_)
        if (port.device == device) lose(port, "the kernel wants its device back");
}

void PortGuard::run() {
    using Clock = std::chrono::steady_clock;
    std::array<pollfd, 3> watched{pollfd{stop_.get(), POLLIN, 0}, pollfd{links_.changes(), POLLIN, 0},
                                  pollfd{keeper_->wanted(), POLLIN, 0}};
    auto keep_at = Clock::now() + between_looks;
    while (true) {
        // Not every change is told, so it looks without being told too.
        (void)poll(watched.data(), watched.size(), between_looks_ms);
        if (watched[0].revents != 0) return;
        keeper_->make_links();
        links_.forget_changes();
        const bool put_back = look();
        tell_of_absent();
        // Where links come and go all the time, settings are looked at no more often for that.
        if (Clock::now() >= keep_at) {
            keeper_->look();
            keep_at = Clock::now() + between_looks;
        }
        if (!put_back) continue;
        // Whoever takes a program off whenever it is put back should not make this thread busy.
        (void)poll(watched.data(), 1, between_looks_ms);
    }
}

bool PortGuard::look() {
    bool any = false;
    for (Port& port : ports_) {
        const auto program = links_.xdp_program(port.interface);
        if (!program && program.error() == ENODEV) lose(port.configured, "its interface is gone");
        if (!program) continue;  // whatever else keeps the kernel from answering says nothing of the port
        if (port.program.id != 0 && program->id != port.program.id) put_back(port, *program), any = true;
    }
    return any;
}

void PortGuard::put_back(Port& port, const XdpProgram& instead) {
    // Its sockets have no packets any more, whatever is attached there.
    if ((gone() >> port.configured.index & 1U) != 0) return;
    const auto what =
        fmt::format("its XDP program was taken off{}",
                    instead.id == 0 ? "" : fmt::format(", and program {} is there instead", instead.id));
    if (!port.program_handle)
        return lose(port.configured,
                    what + ", and cannot be put back without CAP_SYS_ADMIN and CAP_NET_ADMIN");
    if (auto attached = links_.attach(port.interface, port.program_handle, port.program.mode); !attached)
        return lose(port.configured, fmt::format("{}, and cannot be put back: {}", what, attached.error()));
    spdlog::warn(
        "port {}: {}; it was put back, and what came meanwhile is lost. Somebody else changes this interface",
        port.configured.text, what);
}

}  // namespace honeyswitch::control
