#include "control/notices/agent_session.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace honeyswitch::control {

using agent::Refusal;
using agent::ResponseCode;

void AgentSession::begin(bool agent_restarted, TimePoint now) {
    unsettled_.clear();
    if (agent_restarted) silence(now);
    for (auto& [prefix, domain] : domains_) domain.replica.restart_numbers();
}

void AgentSession::silence(TimePoint now) {
    for (const auto& [prefix, domain] : domains_) reports_->domain_silent(agent_, prefix, now);
    domains_.clear();
    unsettled_.clear();
}

AgentSession::Result AgentSession::receive(const agent::AgentNotice& notice, TimePoint now,
                                           const Reply& reply) {
    reason_.clear();
    return std::visit([&](const auto& alternative) { return receive(alternative, now, reply); }, notice);
}

AgentSession::Result AgentSession::receive(const agent::Change& change, TimePoint now, const Reply& reply) {
    const auto domain = domain_of(change.domain);
    if (!domain) {
        reply(agent::Acknowledgement{{{change.number, domain.error()}}});
        return domain.error() == ResponseCode::not_granted ? Refusal::out_of_grant : Refusal::no_capacity;
    }
    // An unsettled notice that could not be answered must not take effect either: the agent would repeat it
    // and be told that all is done.
    if (unsettled_.size() >= max_unsettled) return Refusal::no_capacity;
    report(**domain, (*domain)->replica.apply(change), now);
    answer_when_settled(**domain, change.number, std::nullopt);
    return std::nullopt;
}

AgentSession::Result AgentSession::receive(const agent::StateChunk& chunk, TimePoint now,
                                           const Reply& reply) {
    const auto refuse = [&](ResponseCode code) {
        reply(agent::StateAcknowledgement{chunk.number, chunk.domain, code, 0});
        return code == ResponseCode::not_granted ? Refusal::out_of_grant : Refusal::no_capacity;
    };
    const auto domain = domain_of(chunk.domain);
    if (!domain) return refuse(domain.error());
    if (unsettled_.size() >= max_unsettled) return Refusal::no_capacity;

    auto& replica = (*domain)->replica;
    if (auto state = replica.assemble(chunk)) {
        if (!put_in_force(**domain, std::move(*state), now)) return refuse(ResponseCode::no_capacity);
    }
    if (replica.state_number() == chunk.number) {
        answer_when_settled(**domain, chunk.number, chunk.domain);
    } else {
        reply(agent::StateAcknowledgement{chunk.number, chunk.domain, ResponseCode::incomplete,
                                          replica.received(chunk.number)});
    }
    return std::nullopt;
}

AgentSession::Result AgentSession::receive(const agent::KeepAlive& keep_alive, TimePoint now,
                                           const Reply& reply) {
    agent::KeepAliveReply answer{keep_alive.token, {}};
    Result refusal;
    for (const auto& entry : keep_alive.entries) {
        const auto code = compare(keep_alive, entry, now);
        if (code == ResponseCode::not_granted) refusal = Refusal::out_of_grant;
        answer.entries.push_back({entry.domain, code});
    }
    reply(answer);
    return refusal;
}

ResponseCode AgentSession::compare(const agent::KeepAlive& keep_alive, const agent::KeepAlive::Entry& entry,
                                   TimePoint now) {
    if (!granted(entry.domain)) return ResponseCode::not_granted;
    const auto found = domains_.find(entry.domain);
    if (found == domains_.end()) return ResponseCode::incomplete;
    auto& domain = found->second;
    if (!entry.swept && domain.declared && keep_alive.number >= domain.replica.state_number())
        withdraw(domain, now);
    const bool same = entry.swept == domain.declared && entry.digest == domain.replica.active().digest();
    return same ? ResponseCode::done : ResponseCode::incomplete;
}

std::expected<void, Refusal> AgentSession::put_in_force(Domain& domain, Replica::State state, TimePoint now) {
    if (state.swept) {
        const auto barrier =
            reports_->domain_state(agent_, state.active.prefix(), state.active.addresses(), now);
        if (!barrier) {
            reason_ = fmt::format("domain {}: {}", to_string(state.active.prefix()), barrier.error());
            return std::unexpected(Refusal::no_capacity);
        }
        domain.declared = true;
        domain.last_barrier = *barrier;
    } else {
        if (domain.declared) withdraw(domain, now);
        report(domain, domain.replica.difference_to(state.active), now);
    }
    domain.replica.adopt(std::move(state));
    return {};
}

void AgentSession::report(Domain& domain, const Replica::Difference& difference, TimePoint now) {
    const auto prefix = domain.replica.active().prefix();
    if (!difference.active.empty())
        domain.last_barrier = reports_->addresses_active(agent_, prefix, difference.active, now);
    if (!difference.inactive.empty())
        domain.last_barrier = reports_->addresses_inactive(agent_, prefix, difference.inactive, now);
}

void AgentSession::withdraw(Domain& domain, TimePoint now) {
    reports_->domain_silent(agent_, domain.replica.active().prefix(), now);
    domain.declared = false;
    // The agent still sees these, whoever makes the domain known again.
    report(domain, {domain.replica.active().addresses(), {}}, now);
}

void AgentSession::answer_when_settled(const Domain& domain, agent::ChangeNumber number,
                                       std::optional<Ipv4Prefix> state_of) {
    const bool waits = std::ranges::any_of(unsettled_, [&](const Unsettled& entry) {
        return entry.number == number && entry.state_of == state_of;
    });
    if (!waits) unsettled_.push_back({domain.last_barrier, number, state_of});
}

void AgentSession::settle(const Reply& reply) {
    if (unsettled_.empty()) return;
    agent::Acknowledgement settled;
    const auto flush = [&] {
        if (!settled.entries.empty()) reply(settled);
        settled.entries.clear();
    };
    std::erase_if(unsettled_, [&](const Unsettled& entry) {
        if (entry.barrier && !reports_->reached(*entry.barrier)) return false;
        if (entry.state_of) {
            reply(agent::StateAcknowledgement{entry.number, *entry.state_of, ResponseCode::done, 0});
        } else {
            settled.entries.push_back({entry.number, ResponseCode::done});
            if (settled.entries.size() == agent::max_acknowledgements) flush();
        }
        return true;
    });
    flush();
}

std::expected<AgentSession::Domain*, ResponseCode> AgentSession::domain_of(Ipv4Prefix prefix) {
    if (!granted(prefix)) return std::unexpected(ResponseCode::not_granted);
    const auto found = domains_.find(prefix);
    if (found != domains_.end()) return &found->second;
    if (domains_.size() >= max_domains) {
        reason_ = fmt::format("it has {} domains already, and may have no more", max_domains);
        return std::unexpected(ResponseCode::no_capacity);
    }
    return &domains_.try_emplace(prefix, prefix).first->second;
}

bool AgentSession::granted(Ipv4Prefix domain) {
    if (std::ranges::any_of(grants_, [&](Ipv4Prefix grant) { return grant.contains(domain); })) return true;
    reason_ = fmt::format("domain {} is not within its grants", to_string(domain));
    return false;
}

std::vector<Ipv4Prefix> AgentSession::domains() const {
    std::vector<Ipv4Prefix> prefixes;
    prefixes.reserve(domains_.size());
    for (const auto& [prefix, domain] : domains_) prefixes.push_back(prefix);
    return prefixes;
}

}  // namespace honeyswitch::control
