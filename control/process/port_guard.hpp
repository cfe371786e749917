// Whether the ports are still the switch's own: a kernel interface may be deleted, its XDP program be taken
// off or replaced by somebody else's, or its settings be changed. No packet comes then, and nothing else says
// so.
#pragma once

#include <atomic>
#include <expected>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/system/descriptor.hpp"
#include "control/process/link_socket.hpp"
#include "control/process/port_keeper.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::control {

struct GuardedPort {
    dataplane::PortIndex index = 0;
    std::string link{};                    ///< that it is a port of; empty: it is one of honeypots
    std::string text;                      ///< as it is configured
    std::string device;                    ///< as DPDK calls it
    std::optional<std::string> interface;  ///< of the kernel
    bool mirror = false;                   ///< its link is only listened to
    bool xdp = false;                      ///< its packets come by an XDP program, which is attached by now
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

    /// Any thread: each link has a port that is gone for good, so that only a new start can help.
    [[nodiscard]] bool lost() const { return lost_.load(std::memory_order_acquire); }
    /// Precondition: lost().
    [[nodiscard]] const std::string& reason() const { return reason_; }
    /// Any thread: ports that are gone while some link is whole, a bit for each by its index. That link goes
    /// on without them, and a new start is left to the operator, as it would be down meanwhile.
    [[nodiscard]] std::uint32_t gone() const { return gone_.load(std::memory_order_relaxed); }
    /// Any thread: this port of honeypots was not there when the switch started, and another device stands in
    /// for it. `folder`: where sysfs tells of it once it is there; the log says so then.
    void was_absent(dataplane::PortIndex port, std::optional<std::filesystem::path> folder);
    /// Any thread: the kernel wants this device back, as it is pulled or another driver is to have it. It
    /// waits until the device is let go, and so does whoever reads what the kernel says of it.
    void wanted_back(const std::string& device);

  private:
    struct Port {
        GuardedPort configured;
        unsigned interface = 0;       ///< its number; a new one of the same name has another
        XdpProgram program;           ///< as it was at the start; id 0: it has none
        Descriptor program_handle{};  ///< keeps the program while it is attached nowhere
    };

    PortGuard(LinkSocket links, Descriptor stop, PortKeeper& keeper)
        : links_(std::move(links)), stop_(std::move(stop)), keeper_(&keeper) {}
    /// A port that is no interface of the kernel needs no watching.
    [[nodiscard]] std::expected<void, Error> add(const GuardedPort& port);
    void run();
    /// Returns whether a program was put back.
    [[nodiscard]] bool look();
    void put_back(Port& port, const XdpProgram& instead);
    void lose(const GuardedPort& port, const std::string& reason);
    void lose_link(const GuardedPort& port, const std::string& reason);
    [[nodiscard]] bool is_beside_links(const GuardedPort& port) const;
    void give_up(const GuardedPort& port, const std::string& sentence);
    void tell_of_absent();

    LinkSocket links_;
    Descriptor stop_;  ///< an eventfd
    PortKeeper* keeper_;
    std::vector<GuardedPort> all_;
    std::vector<Port> ports_;  ///< those that are interfaces of the kernel
    struct Absent {
        std::string text;
        std::filesystem::path folder;
    };
    std::mutex awaiting_;
    std::vector<Absent> awaited_;  ///< guarded by awaiting_
    std::mutex losing_;
    /// Links whose ports are there: those that are led through the switch, or mirrors if there are no others.
    std::vector<std::string> whole_;  ///< guarded by losing_
    std::atomic<bool> lost_ = false;  ///< the reason is written
    std::atomic<std::uint32_t> gone_ = 0;
    std::string reason_;
    std::jthread thread_;
};

}  // namespace honeyswitch::control
