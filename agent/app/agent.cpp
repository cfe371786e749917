#include "agent/app/agent.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>

#include "agent/app/status.hpp"
#include "base/warning_pace.hpp"

namespace honeyswitch::agent {
namespace {

constexpr Clock::duration losses_interval = std::chrono::milliseconds(100);
/// A loop that turns at least every losses_interval was kept from it: a virtual machine that was stopped for
/// a while has missed frames that no counter shows.
constexpr Clock::duration stall_limit = std::chrono::milliseconds(500);
constexpr Clock::duration latency_log_interval = std::chrono::minutes(10);

std::string name_of(const DomainOptions& options) {
    return options.vlan
               ? fmt::format("{} ({} vlan {})", to_string(options.prefix), options.interface, *options.vlan)
               : fmt::format("{} ({})", to_string(options.prefix), options.interface);
}

}  // namespace

class Agent::Channel : public DomainOutput {
  public:
    Channel(Agent& agent, std::size_t index, InterfacePort& port, bool dry_run)
        : agent_(&agent), index_(index), port_(&port), dry_run_(dry_run) {}

    bool send(const ArpFrame& frame) override { return port_->send(encode(frame)); }

    void changed(Ipv4Address address, std::optional<Clock::time_point> evidence) override {
        const auto& domain = *agent_->domains_.at(index_);
        const bool active = domain.report().active.contains(address);
        spdlog::log(dry_run_ ? spdlog::level::info : spdlog::level::debug, "domain {}: {} is {}",
                    name_of(domain.options()), to_string(address), active ? "active" : "inactive");
        for (auto& controller : agent_->controllers_) controller.reporter->note(index_, address, evidence);
    }

    void swept_changed(const std::string& reason) override {
        const auto& domain = *agent_->domains_.at(index_);
        spdlog::log(domain.report().swept ? spdlog::level::info : spdlog::level::warn,
                    "domain {}: {}: {}, {} active", name_of(domain.options()),
                    domain.report().swept ? "declared" : "withdrawn", reason, domain.report().active.count());
        for (auto& controller : agent_->controllers_) controller.reporter->note_swept(index_, Clock::now());
    }

    void asks_as(std::optional<Ipv4Address> sender, bool soon, const std::string& reason) override {
        const auto domain = name_of(agent_->domains_.at(index_)->options());
        if (sender) return spdlog::info("domain {}: asks in the name of {}", domain, to_string(*sender));
        spdlog::log(soon ? spdlog::level::info : spdlog::level::warn, "domain {}: {}", domain, reason);
    }

    void conflict(Ipv4Address address, const MacAddress& one, const MacAddress& other) override {
        if (const auto unwritten = conflict_pace_.due(Clock::now().time_since_epoch()))
            spdlog::warn("domain {}: address conflict: {} is used by {} and {}{}",
                         name_of(agent_->domains_.at(index_)->options()), to_string(address), to_string(one),
                         to_string(other), more(*unwritten));
    }

    void many_addresses(const ProxyJudge::Finding& finding) override {
        const auto mac = to_string(finding.mac);
        const auto shown = fmt::format(
            "{} answers for {} addresses, for {} of {} that were chosen at random, and for {} that no host "
            "can have",
            mac, finding.addresses, finding.answered, finding.asked, finding.impossible);
        spdlog::warn(
            "domain {}: {}: {}", name_of(agent_->domains_.at(index_)->options()), shown,
            finding.proxy
                ? fmt::format("proxy ARP, its answers are no evidence. If it is a host that has them all, "
                              "name {} in proxy.allowed",
                              mac)
                : fmt::format("all that it answers for stay active. If it is a proxy, name {} in "
                              "proxy.ignored; if it is a host with so many, in proxy.allowed",
                              mac));
    }

  private:
    /// Whoever sends ARP can cause these.
    [[nodiscard]] static std::string more(std::uint64_t unwritten) {
        return unwritten == 0 ? "" : fmt::format("; {} more since the last such line", unwritten);
    }

    Agent* agent_;
    std::size_t index_;
    InterfacePort* port_;
    bool dry_run_;
    WarningPace conflict_pace_;
};

Agent::Agent(EventLoop loop) : loop_(std::move(loop)) {}
Agent::~Agent() = default;

std::expected<std::unique_ptr<Agent>, Error> Agent::create(const AgentOptions& options) {
    auto loop = EventLoop::create();
    if (!loop) return std::unexpected(loop.error());
    std::unique_ptr<Agent> agent(new Agent(std::move(*loop)));
    for (const auto& spec : options.domains)
        if (const auto added = agent->add_domain(spec, options.dry_run); !added)
            return std::unexpected(added.error());
    if (!options.dry_run)
        if (const auto added = agent->add_controllers(options); !added) return std::unexpected(added.error());
    if (const auto followed = agent->follow_files(options); !followed)
        return std::unexpected(followed.error());
    if (const auto served = agent->serve_status(options.status_socket); !served)
        return std::unexpected(served.error());
    if (const auto watched = agent->watch_events(); !watched) return std::unexpected(watched.error());
    if (const auto refreshed = agent->refresh_interfaces(); !refreshed)
        return std::unexpected(refreshed.error());
    return agent;
}

std::expected<void, Error> Agent::add_domain(const DomainSpec& spec, bool dry_run) {
    auto options = spec.options;
    const auto info = read_interface(options.interface);
    const auto failed = [&](std::string reason) {
        return std::unexpected(Error{"watch interface", options.interface, std::move(reason)});
    };
    if (!info.exists) return failed("no such interface");
    if (spec.prefix) {
        options.prefix = *spec.prefix;
    } else {
        if (info.addresses.size() != 1 || options.vlan)
            return failed(fmt::format("the prefix must be given, as the interface has {} IPv4 addresses{}",
                                      info.addresses.size(),
                                      options.vlan ? " and they are not the VLAN's" : ""));
        options.prefix = info.addresses.front().prefix;
    }
    if (options.prefix.length < shortest_domain || options.prefix.length > 30)
        return failed(
            fmt::format("a domain is a /{} to a /30, {} is not", shortest_domain, to_string(options.prefix)));
    for (const auto address : options.always)
        if (!options.prefix.contains(address))
            return failed(fmt::format("{} is not in {}", to_string(address), to_string(options.prefix)));

    if (options.sender && !Sweep::is_usable(options.prefix, *options.sender))
        return failed(fmt::format("the sender {} is no host's address of {}", to_string(*options.sender),
                                  to_string(options.prefix)));

    auto& port = port_of(options);
    channels_.push_back(std::make_unique<Channel>(*this, domains_.size(), port, dry_run));
    const auto generator = std::make_shared<std::mt19937>(std::random_device{}());
    domains_.push_back(std::make_unique<Domain>(std::move(options), *channels_.back(),
                                                [generator] { return (*generator)(); }));
    port.add(*domains_.back());
    return {};
}

InterfacePort& Agent::port_of(const DomainOptions& options) {
    const auto found =
        std::ranges::find(ports_, options.interface, [](const auto& port) { return port->name(); });
    if (found != ports_.end()) return **found;
    return *ports_.emplace_back(std::make_unique<InterfacePort>(options.interface, options.vlan.has_value()));
}

std::expected<void, Error> Agent::add_controllers(const AgentOptions& options) {
    const auto key = load_key(options.key_file);
    if (!key) return std::unexpected(key.error());
    const Reporter::Identity identity{options.name, *key, random_octets<8>()};
    std::vector<const DomainReport*> reports;
    reports.reserve(domains_.size());
    for (const auto& domain : domains_) reports.push_back(&domain->report());
    for (const auto& name : options.controllers) {
        const auto parsed = ControllerName::parse(name);
        if (!parsed) return std::unexpected(Error{"report to", name, parsed.error()});
        controllers_.push_back({name,
                                UdpSocket(),
                                nullptr,
                                {name, options.name, Clock::now()},
                                *parsed,
                                AddressChoice(parsed->is_address),
                                std::nullopt});
    }
    for (auto& controller : controllers_) {
        auto* const socket = &controller.socket;
        controller.reporter = std::make_unique<Reporter>(
            identity, reports, [socket](Bytes datagram) { socket->send(datagram); });
    }
    return {};
}

std::expected<void, Error> Agent::start_resolver() {
    if (std::ranges::all_of(controllers_, [](const auto& one) { return one.address.is_address; })) return {};
    auto started = NameResolver::start();
    if (!started) return std::unexpected(started.error());
    resolver_.emplace(std::move(*started));
    return loop_.add(resolver_->descriptor(), [this] {
        resolver_->take(
            [this](std::size_t number, const auto& addresses) { found(controllers_.at(number), addresses); });
    });
}

void Agent::look_for_controllers(Clock::time_point now) {
    for (std::size_t i = 0; i < controllers_.size(); ++i) {
        auto& controller = controllers_[i];
        const auto heard = controller.reporter->last_heard();
        if (std::exchange(controller.heard, heard) != heard) controller.choice.heard(now);
        if (!controller.choice.wants_resolution(now)) continue;
        if (resolver_ && !controller.address.is_address)
            resolver_->ask(i, controller.address);
        else
            found(controller, resolve(controller.address));
    }
}

void Agent::found(Controller& controller, const NameResolver::Addresses& addresses) {
    const auto failed = [&](const std::string& reason) {
        if (controller.choice.unresolved(reason, Clock::now()))
            spdlog::warn("controller {}: {}; the agent tries again", controller.name, reason);
    };
    if (!addresses) return failed(addresses.error());
    const auto chosen = controller.choice.resolved(*addresses, Clock::now());
    if (!chosen) return;
    auto socket = UdpSocket::connect(*chosen);
    if (!socket) return failed(fmt::format("{}: {}", to_string(*chosen), socket.error()));
    if (controller.socket.descriptor() >= 0) loop_.remove(controller.socket.descriptor());
    controller.socket = std::move(*socket);
    const auto receive = [&controller] {
        controller.socket.receive(
            [&](Bytes datagram) { controller.reporter->receive(datagram, Clock::now()); });
    };
    if (const auto added = loop_.add(controller.socket.descriptor(), receive); !added)
        return failed(added.error().message());
    spdlog::info("controller {}: reports go to {}", controller.name, to_string(*chosen));
}

std::expected<void, Error> Agent::follow_files(const AgentOptions& options) {
    auto files = VoucherFiles::open(options.leases, options.static_lists);
    if (!files) return std::unexpected(files.error());
    vouchers_ = std::move(*files);
    apply_vouchers(Clock::now());
    if (vouchers_.descriptor() < 0) return {};
    return loop_.add(vouchers_.descriptor(), [this] { vouchers_.drain(Clock::now()); });
}

std::expected<void, Error> Agent::serve_status(const std::filesystem::path& path) {
    if (path.empty()) return {};
    auto listening = StatusSocket::listen(path);
    if (!listening) return std::unexpected(listening.error());
    status_.emplace(std::move(*listening));
    return loop_.add(status_->descriptor(), [this] { status_->answer([this] { return status(); }); });
}

std::string Agent::status() const {
    StatusReport report;
    for (const auto& domain : domains_) report.add(*domain);
    for (const auto& port : ports_) report.add(*port);
    for (const auto& controller : controllers_) report.add(controller.name, *controller.reporter);
    return report.text();
}

void Agent::apply_vouchers(Clock::time_point now) {
    for (auto& domain : domains_) domain->set_vouchers(vouchers_.vouchers(domain->options().prefix), now);
}

std::expected<void, Error> Agent::watch_events() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = Descriptor(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!signals_) return std::unexpected(Error{"watch", "signals", std::strerror(errno)});
    auto events = open_interface_events();
    if (!events) return std::unexpected(events.error());
    interface_events_ = std::move(*events);
    if (const auto added = loop_.add(signals_.get(), [this] { stopping_ = true; }); !added)
        return std::unexpected(added.error());
    return loop_.add(interface_events_.get(), [this] {
        drain_interface_events(interface_events_);
        refresh_wanted_ = true;
    });
}

std::expected<void, Error> Agent::refresh_interfaces() {
    refresh_wanted_ = false;
    for (auto& port : ports_) {
        auto* const raw = port.get();
        const auto readable = [this, raw] {
            if (!raw->receive()) refresh_wanted_ = true;
        };
        if (const auto refreshed = port->refresh(loop_, readable, Clock::now()); !refreshed)
            return std::unexpected(refreshed.error());
    }
    return {};
}

std::expected<void, Error> Agent::run() {
    auto now = Clock::now();
    while (!stopping_) {
        turn(now);
        // By this time and not by a later one the domains judge: an answer that arrived before it has been
        // read, however long this thread is kept from running afterwards.
        const auto waited_until = loop_.wait(due());
        if (waited_until - now > stall_limit)
            for (auto& domain : domains_) domain->frames_lost(waited_until);
        now = waited_until;
        if (!refresh_wanted_) continue;
        // An interface that vanishes while it is looked at is looked at again when it returns.
        if (const auto refreshed = refresh_interfaces(); !refreshed)
            spdlog::warn("{}", refreshed.error().message());
    }
    spdlog::info("stopped");
    return {};
}

void Agent::turn(Clock::time_point now) {
    look_for_controllers(now);
    // What has just been heard goes out first: an active address must not wait for a sweep's next requests.
    for (auto& controller : controllers_) controller.reporter->flush(now);
    if (losses_due_ <= now) {
        for (auto& port : ports_) port->check_losses(now);
        losses_due_ = now + losses_interval;
    }
    if (vouchers_.refresh(now)) apply_vouchers(now);
    for (auto& domain : domains_) domain->tick(now);
    for (auto& controller : controllers_) controller.reporter->flush(now);
    log_controllers(now);
    if (latency_log_due_ <= now) log_latency(now);
}

Clock::time_point Agent::due() const {
    auto earliest = std::min(losses_due_, vouchers_.due());
    for (const auto& domain : domains_) earliest = std::min(earliest, domain->due());
    for (const auto& controller : controllers_)
        earliest = std::min({earliest, controller.reporter->due(), controller.choice.due()});
    return earliest;
}

void Agent::log_controllers(Clock::time_point now) {
    for (auto& controller : controllers_)
        for (const auto& [warning, text] :
             controller.watch.look(*controller.reporter, controller.socket.failure(), now))
            spdlog::log(warning ? spdlog::level::warn : spdlog::level::info, "{}", text);
}

void Agent::log_latency(Clock::time_point now) {
    latency_log_due_ = now + latency_log_interval;
    const auto us = [](Clock::duration duration) { return duration / std::chrono::microseconds(1); };
    for (const auto& controller : controllers_) {
        const auto& latency = controller.reporter->latency();
        if (latency.count() == 0) continue;
        spdlog::info(
            "controller {}: first ARP to acknowledgement: {} addresses, median {} us, 99 % {} us, most {} us",
            controller.name, latency.count(), us(latency.percentile(0.5)), us(latency.percentile(0.99)),
            us(latency.maximum()));
    }
}

}  // namespace honeyswitch::agent
