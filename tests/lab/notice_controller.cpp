// A controller without a switch, for lab tests of the agent alone: NoticeServer on a UDP socket, over
// DomainReports that only remember. Commands on standard input, one JSON object for each on standard output:
// "state" prints domains with their active addresses, agents and counters; "refuse N" makes the next N full
// states find no capacity; end of input ends it.
#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/wire/key.hpp"
#include "control/events/event_lines.hpp"
#include "control/notices/notice_server.hpp"
#include "control/notices/notice_socket.hpp"

namespace honeyswitch::control {
namespace {

class RememberedReports : public DomainReports {
  public:
    std::expected<Barrier, std::string> domain_state(AgentId agent, Ipv4Prefix domain,
                                                     std::span<const Ipv4Address> active,
                                                     TimePoint) override {
        if (refusals > 0) {
            --refusals;
            return std::unexpected("refused on request");
        }
        auto& known = domains[{agent, domain}];
        known.declared = true;
        known.active = {active.begin(), active.end()};
        return ++barrier_;
    }
    Barrier addresses_active(AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> addresses,
                             TimePoint) override {
        domains[{agent, domain}].active.insert(addresses.begin(), addresses.end());
        return ++barrier_;
    }
    Barrier addresses_inactive(AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> addresses,
                               TimePoint) override {
        for (const auto address : addresses) domains[{agent, domain}].active.erase(address);
        return ++barrier_;
    }
    void domain_silent(AgentId agent, Ipv4Prefix domain, TimePoint) override {
        domains.erase({agent, domain});
    }
    bool reached(Barrier) const override { return true; }

    struct Known {
        bool declared = false;
        std::set<Ipv4Address> active;
    };
    std::map<std::pair<AgentId, Ipv4Prefix>, Known> domains;
    unsigned refusals = 0;

  private:
    Barrier barrier_ = 0;
};

TimePoint now() {
    return std::chrono::time_point_cast<Milliseconds>(std::chrono::steady_clock::now());
}

nlohmann::json state_of(const RememberedReports& reports, const NoticeServer& server) {
    nlohmann::json state{{"domains", nlohmann::json::array()},
                         {"agents", nlohmann::json::array()},
                         {"counters", nlohmann::json::object()}};
    for (const auto& [key, known] : reports.domains) {
        nlohmann::json active = nlohmann::json::array();
        for (const auto address : known.active) active.push_back(to_string(address));
        state["domains"].push_back({{"agent", static_cast<unsigned>(key.first)},
                                    {"prefix", to_string(key.second)},
                                    {"declared", known.declared},
                                    {"active", std::move(active)}});
    }
    for (const auto& row : server.rows())
        state["agents"].push_back({{"name", row.name},
                                   {"connected", row.connected},
                                   {"endpoint", row.endpoint},
                                   {"notices", row.notices},
                                   {"refused", row.refused}});
    for (const auto& row : server.counter_rows()) state["counters"][row.name] = row.value;
    return state;
}

std::expected<Agent, std::string> read_agent(const std::string& text) {
    const auto first = text.find('='), second = text.find('=', first + 1);
    if (second == std::string::npos) return std::unexpected("an agent is NAME=KEYFILE=PREFIX[,PREFIX]");
    Agent agent{text.substr(0, first), text.substr(first + 1, second - first - 1), {}, {}};
    const auto key = agent::load_key(agent.key_file);
    if (!key) return std::unexpected(key.error().message());
    agent.key = *key;
    for (std::size_t at = second + 1; at <= text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const auto prefix = parse_prefix(std::string_view(text).substr(at, comma - at));
        if (!prefix) return std::unexpected(prefix.error());
        agent.grants.push_back(*prefix);
        at = comma + 1;
    }
    return agent;
}

/// False at the end of the input.
bool obey(std::string& input, RememberedReports& reports, const NoticeServer& server) {
    std::array<char, 4096> buffer;
    const auto size = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size <= 0) return false;
    input.append(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
        const auto command = input.substr(0, end);
        input.erase(0, end + 1);
        if (command.starts_with("refuse "))
            reports.refusals = static_cast<unsigned>(std::stoul(command.substr(7)));
        fmt::print("{}\n", state_of(reports, server).dump());
        std::fflush(stdout);
    }
    return true;
}

void serve(NoticeSocket& socket, NoticeServer& server, RememberedReports& reports) {
    std::string input;
    for (;;) {
        std::array<pollfd, 2> waiting{{{socket.descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
        poll(waiting.data(), waiting.size(), 100);
        while (socket.receive(
                   [&](auto datagram, NoticePath from) { server.receive(datagram, from, now()); }) > 0)
            server.tick(now());
        server.tick(now());
        if (waiting[1].revents != 0 && !obey(input, reports, server)) return;
    }
}

}  // namespace
}  // namespace honeyswitch::control

int main(int argc, char** argv) {
    using namespace honeyswitch;
    using namespace honeyswitch::control;
    std::string listen = "127.0.0.1";
    std::uint16_t port = honeyswitch::agent::default_notice_port;
    unsigned timeout = 15'000;
    std::vector<std::string> texts;
    CLI::App app{"A controller without a switch"};
    app.add_option("--listen", listen);
    app.add_option("--port", port);
    app.add_option("--agent-timeout", timeout, "milliseconds");
    app.add_option("--agent", texts, "NAME=KEYFILE=PREFIX[,PREFIX]")->required();
    CLI11_PARSE(app, argc, argv);
    spdlog::set_default_logger(spdlog::stderr_logger_st("notices"));

    std::vector<Agent> agents;
    for (const auto& text : texts) {
        auto agent = read_agent(text);
        if (!agent) {
            fmt::print(stderr, "{}\n", agent.error());
            return 2;
        }
        agents.push_back(std::move(*agent));
    }
    auto socket = NoticeSocket::open(listen, port);
    if (!socket) {
        fmt::print(stderr, "{}\n", socket.error().message());
        return 2;
    }
    RememberedReports reports;
    EventBus events;
    const EventLines lines(events);
    NoticeServer server(agents, reports, events, Milliseconds(timeout),
                        [&](auto datagram, NoticePath to) { socket->send(datagram, to); });
    serve(*socket, server, reports);
}
