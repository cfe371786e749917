// The agent as a whole: interfaces and their domains on one side, a reporter for each controller on the
// other.
#pragma once

#include <memory>
#include <vector>

#include "agent/domain.hpp"
#include "agent/event_loop.hpp"
#include "agent/interface_port.hpp"
#include "agent/options.hpp"
#include "agent/reporter.hpp"
#include "agent/status_socket.hpp"
#include "agent/udp_socket.hpp"
#include "agent/voucher_files.hpp"

namespace honeyswitch::agent {

/// One thread: a frame's way from the packet socket to the datagram is one turn of the event loop.
class Agent {
  public:
    [[nodiscard]] static std::expected<std::unique_ptr<Agent>, Error> create(const AgentOptions& options);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Until SIGTERM or SIGINT.
    [[nodiscard]] std::expected<void, Error> run();

  private:
    class Channel;  // of a domain, to its interface and to all reporters
    struct Controller {
        std::string name;
        UdpSocket socket;
        std::unique_ptr<Reporter> reporter;
        bool associated = false;  ///< as last said in the log
    };

    explicit Agent(EventLoop loop);

    [[nodiscard]] std::expected<void, Error> add_domain(const DomainSpec& spec, bool dry_run);
    [[nodiscard]] std::expected<void, Error> add_controllers(const AgentOptions& options);
    [[nodiscard]] std::expected<void, Error> watch_events();
    [[nodiscard]] std::expected<void, Error> refresh_interfaces();
    [[nodiscard]] InterfacePort& port_of(const DomainOptions& options);
    [[nodiscard]] std::expected<void, Error> follow_files(const AgentOptions& options);
    [[nodiscard]] std::expected<void, Error> serve_status(const std::filesystem::path& path);
    [[nodiscard]] std::string status() const;
    void apply_vouchers(TimePoint now);
    void turn(TimePoint now);
    [[nodiscard]] TimePoint due() const;
    void log_associations();
    void log_latency(TimePoint now);

    EventLoop loop_;
    Descriptor signals_, interface_events_;
    std::vector<std::unique_ptr<InterfacePort>> ports_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::vector<std::unique_ptr<Domain>> domains_;
    std::vector<Controller> controllers_;
    VoucherFiles vouchers_;
    std::optional<StatusSocket> status_;
    bool stopping_ = false;
    bool refresh_wanted_ = false;
    TimePoint losses_due_{};
    TimePoint latency_log_due_{};
};

}  // namespace honeyswitch::agent
