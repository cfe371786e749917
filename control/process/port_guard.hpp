// Whether the ports are still the switch's own: a kernel interface may be deleted, its XDP program be taken
// off or replaced by somebody else's, or its settings be changed. No packet comes then, and nothing else says
// so.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "control/process/link_socket.hpp"
#include "control/process/port_keeper.hpp"

namespace honeyswitch::control {

struct GuardedPort {
    std::string text;       ///< as it is configured
    std::string interface;  ///< of the kernel
    bool xdp = false;       ///< its packets come by an XDP program, which is attached by now
};

/// A thread of its own, as it asks the kernel what may take long. It puts back an XDP program that was taken
/// off, at most once a second, and says so in the log.
class PortGuard {
  public:
    /// Main thread, after the ports were started. `keeper` outlives this, and looks once a second. Errors: an
    /// interface that is gone already, no rtnetlink.
    [[nodiscard]] static std::expected<std::unique_ptr<PortGuard>, Error> start(
        const std::vector<GuardedPort>& ports, PortKeeper& keeper);
    ~PortGuard();
    PortGuard(const PortGuard&) = delete;
    PortGuard& operator=(const PortGuard&) = delete;

    /// Any thread: a port is gone for good, so that only a new start can help.
    [[nodiscard]] bool lost() const { return lost_.load(std::memory_order_acquire); }
    /// A port is gone, for this reason; the first one stays. Any thread.
    void lose(const std::string& reason);
    /// Precondition: lost().
    [[nodiscard]] const std::string& reason() const { return reason_; }

  private:
    struct Port {
        std::string text;
        unsigned index = 0;           ///< of the interface; a new one of the same name has another
        XdpProgram program;           ///< as it was at the start; id 0: it has none
        Descriptor program_handle{};  ///< keeps the program while it is attached nowhere
    };

    PortGuard(LinkSocket links, Descriptor stop, PortKeeper& keeper)
        : links_(std::move(links)), stop_(std::move(stop)), keeper_(&keeper) {}
    [[nodiscard]] std::expected<void, Error> add(const GuardedPort& port);
    void run();
    /// Returns whether a program was put back.
    [[nodiscard]] bool look();
    void put_back(Port& port, const XdpProgram& instead);

    LinkSocket links_;
    Descriptor stop_;  ///< an eventfd
    PortKeeper* keeper_;
    std::vector<Port> ports_;
    std::mutex losing_;
    std::atomic<bool> lost_ = false;  ///< the reason is written
    std::string reason_;
    std::jthread thread_;
};

}  // namespace honeyswitch::control
