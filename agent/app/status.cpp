#include "agent/app/status.hpp"

#include <nlohmann/json.hpp>

#include "agent/app/interface_port.hpp"
#include "agent/explore/domain.hpp"
#include "agent/report/reporter.hpp"

namespace honeyswitch::agent {
namespace {

using nlohmann::json;

std::int64_t microseconds(Clock::duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

json counters_of(const Domain& domain) {
    const auto& c = domain.counters();
    return {{"frames", c.frames},
            {"evidence", c.evidence},
            {"foreign", c.foreign},
            {"invalid", c.invalid},
            {"proxied", c.proxied},
            {"conflicts", c.conflicts},
            {"requests", c.requests},
            {"unsent", c.unsent},
            {"sweeps", c.sweeps},
            {"cut_offs", c.cut_offs},
            {"sweeps_failed", c.sweeps_failed}};
}

const char* name_of(const DomainSync& domain) {
    if (domain.refused() == ResponseCode::not_granted) return "not granted";
    if (domain.refused() == ResponseCode::no_capacity) return "no capacity";
    return domain.in_step() ? "in step" : "behind";
}

}  // namespace

struct StatusReport::Json {
    json report{{"domains", json::array()}, {"interfaces", json::array()}, {"controllers", json::array()}};
};

StatusReport::StatusReport() : json_(std::make_unique<Json>()) {}
StatusReport::~StatusReport() = default;

void StatusReport::add(const Domain& domain) {
    json proxies = json::array(), many = json::array();
    for (const auto& [mac, addresses, proxy] : domain.answers().with_many_addresses()) {
        if (proxy) proxies.push_back(to_string(mac));
        many.push_back({{"mac", to_string(mac)}, {"addresses", addresses}, {"proxy", proxy}});
    }
    json status{{"prefix", to_string(domain.options().prefix)},
                {"interface", domain.options().interface},
                {"vlan", nullptr},
                {"link", domain.link()},
                {"asks_as", nullptr},
                {"swept", domain.report().swept},
                {"active", domain.report().active.count()},
                {"hosts", domain.hosts().hosts().size()},
                {"suspects", domain.hosts().suspects()},
                {"proxies", std::move(proxies)},
                {"many_addresses", std::move(many)},
                {"last_sweep_us", nullptr},
                {"counters", counters_of(domain)}};
    if (const auto vlan = domain.options().vlan) status["vlan"] = *vlan;
    if (const auto sender = domain.asks_as()) status["asks_as"] = to_string(*sender);
    if (const auto last = domain.last_sweep()) status["last_sweep_us"] = microseconds(*last);
    json_->report["domains"].push_back(std::move(status));
}

void StatusReport::add(const InterfacePort& port) {
    const auto& counters = port.counters();
    json faults = json::object();
    for (std::size_t i = 0; i < arp_fault_count; ++i)
        faults[name_of(static_cast<ArpFault>(i))] = counters.faults.at(i);
    json_->report["interfaces"].push_back({{"name", port.name()},
                                           {"frames", counters.frames},
                                           {"lost", counters.lost},
                                           {"other_vlan", counters.other_vlan},
                                           {"faults", std::move(faults)}});
}

void StatusReport::add(const std::string& controller, const Reporter& reporter) {
    const auto& counters = reporter.counters();
    const auto& latency = reporter.latency();
    json domains = json::object();
    for (const auto& domain : reporter.domains())
        domains[to_string(domain.report().active.prefix())] = name_of(domain);
    json_->report["controllers"].push_back({{"controller", controller},
                                            {"associated", reporter.associated()},
                                            {"in_step", reporter.in_step()},
                                            {"domains", std::move(domains)},
                                            {"sent", counters.sent},
                                            {"received", counters.received},
                                            {"refused", counters.refused},
                                            {"associations", counters.associations},
                                            {"changes_acknowledged", counters.changes_acknowledged},
                                            {"states_acknowledged", counters.states_acknowledged},
                                            {"latency",
                                             {{"count", latency.count()},
                                              {"p50_us", microseconds(latency.percentile(0.5))},
                                              {"p90_us", microseconds(latency.percentile(0.9))},
                                              {"p99_us", microseconds(latency.percentile(0.99))},
                                              {"max_us", microseconds(latency.maximum())}}}});
}

std::string StatusReport::text() const {
    return json_->report.dump(2) + "\n";
}

}  // namespace honeyswitch::agent
