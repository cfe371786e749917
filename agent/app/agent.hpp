// The agent as a whole: interfaces and their domains on one side, a reporter for each controller on the
// other.
#pragma once

#include <memory>
#include <vector>

#include "agent/app/interface_port.hpp"
#include "agent/config/options.hpp"
#include "agent/explore/domain.hpp"
#include "agent/report/controller_watch.hpp"
#include "agent/report/reporter.hpp"
#include "agent/sockets/address_choice.hpp"
#include "agent/sockets/name_resolver.hpp"
#include "agent/sockets/status_socket.hpp"
#include "agent/sockets/udp_socket.hpp"
#include "agent/vouchers/voucher_files.hpp"
#include "base/system/event_loop.hpp"

namespace honeyswitch::agent {

/// One thread: a frame's way from the packet socket to the datagram is one turn of the event loop.
class Agent {
  public:
    [[nodiscard]] static std::expected<std::unique_ptr<Agent>, Error> create(const AgentOptions& options);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Where a controller is given by name. Call it before the system calls are restricted.
    [[nodiscard]] std::expected<void, Error> start_resolver();
    /// Until SIGTERM or SIGINT.
    [[nodiscard]] std::expected<void, Error> run();

  private:
    class Channel;  // of a domain, to its interface and to all reporters
    struct Controller {
        std::string name;
        UdpSocket socket;
        std::unique_ptr<Reporter> reporter;
        ControllerWatch watch;
        ControllerName address;
        AddressChoice choice;
        std::optional<Clock::time_point> heard;  ///< its last notice, as last looked at
    };

    explicit Agent(EventLoop loop);

    [[nodiscard]] std::expected<void, Error> add_domain(const DomainSpec& spec, bool dry_run);
    [[nodiscard]] std::expected<void, Error> add_controllers(const AgentOptions& options);
    void look_for_controllers(Clock::time_point now);
    void found(Controller& controller, const NameResolver::Addresses& addresses);
    [[nodiscard]] std::expected<void, Error> watch_events();
    [[nodiscard]] std::expected<void, Error> refresh_interfaces();
    [[nodiscard]] InterfacePort& port_of(const DomainOptions& options);
    [[nodiscard]] std::expected<void, Error> follow_files(const AgentOptions& options);
    [[nodiscard]] std::expected<void, Error> serve_status(const std::filesystem::path& path);
    [[nodiscard]] std::string status() const;
    void apply_vouchers(Clock::time_point now);
    void turn(Clock::time_point now);
    [[nodiscard]] Clock::time_point due() const;
    void log_controllers(Clock::time_point now);
    void log_latency(Clock::time_point now);

    EventLoop loop_;
    Descriptor signals_, interface_events_;
    std::vector<std::unique_ptr<InterfacePort>> ports_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::vector<std::unique_ptr<Domain>> domains_;
    std::vector<Controller> controllers_;
    std::optional<NameResolver> resolver_;
    VoucherFiles vouchers_;
    std::optional<StatusSocket> status_;
    bool stopping_ = false;
    bool refresh_wanted_ = false;
    Clock::time_point losses_due_{};
    Clock::time_point latency_log_due_{};
};

}  // namespace honeyswitch::agent
