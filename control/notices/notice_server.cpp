#include "control/notices/notice_server.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

namespace honeyswitch::control {

using agent::DatagramKind;
using agent::Refusal;

NoticeServer::Peer::Peer(const Agent& configured, AgentId id, DomainReports& reports,
                         const agent::Key& secret)
    : config(configured),
      identifier(agent::identifier_of(configured.name)),
      nonces(secret),
      session(id, config.grants, reports) {}

NoticeServer::NoticeServer(std::span<const Agent> agents, DomainReports& reports, EventBus& events,
                           Milliseconds agent_timeout, Send send)
    : agent_timeout_(agent_timeout),
      send_(std::move(send)),
      reports_(reports),
      events_(events),
      secret_(agent::random_octets<32>()) {
    for (const auto& agent : agents) add(agent);
}

void NoticeServer::add(const Agent& agent) {
    const auto index = peers_.size();
    peers_.emplace_back(agent, static_cast<AgentId>(index), reports_, secret_);
    by_identifier_[peers_.back().identifier] = index;
    not_expected_.push_back(index);
}

void NoticeServer::reconfigure(std::span<const Agent> agents, Milliseconds agent_timeout, TimePoint now) {
    agent_timeout_ = agent_timeout;
    for (std::size_t i = 0; i < peers_.size(); ++i)
        if (peers_[i].connected) watch_silence(i, peers_[i]);
    std::unordered_map<std::string_view, const Agent*> wanted;
    for (const auto& agent : agents) wanted.emplace(agent.name, &agent);
    for (auto& peer : peers_) {
        if (peer.removed) continue;
        if (const auto same = wanted.find(peer.config.name); same != wanted.end()) {
            change(peer, *same->second, now);
            continue;
        }
        end_association(peer, now);
        peer.connected = false;
        peer.removed = true;
        by_identifier_.erase(peer.identifier);
    }
    for (const auto& agent : agents)
        if (!by_identifier_.contains(agent::identifier_of(agent.name))) add(agent);
}

void NoticeServer::change(Peer& peer, const Agent& wanted, TimePoint now) {
    const auto granted = [&](Ipv4Prefix domain) {
        return std::ranges::any_of(wanted.grants, [&](Ipv4Prefix grant) { return grant.contains(domain); });
    };
    const bool goes_on =
        peer.config.key == wanted.key && std::ranges::all_of(peer.session.domains(), granted);
    if (!goes_on) {
        end_association(peer, now);
        peer.connected = false;
    }
    peer.config = wanted;
    peer.session.set_grants(peer.config.grants);
}

void NoticeServer::receive(std::span<const std::uint8_t> datagram, NoticePath from, TimePoint now) {
    const auto kind = agent::kind_of(datagram);
    if (!kind) return refuse(kind.error(), from, now);
    if (*kind == DatagramKind::to_controller) return receive_sealed(datagram, from, now);
    if (*kind != DatagramKind::hello && *kind != DatagramKind::confirm)
        return refuse(Refusal::malformed, from, now);

    const auto claimed = agent::claimed_agent(datagram);
    if (!claimed) return refuse(claimed.error(), from, now);
    const auto found = by_identifier_.find(*claimed);
    if (found == by_identifier_.end()) return refuse(Refusal::unknown_agent, from, now, nullptr, *claimed);
    auto& peer = peers_[found->second];
    if (*kind == DatagramKind::hello) return receive_hello(peer, datagram, from, now);
    receive_confirm(peer, datagram, from, now);
}

void NoticeServer::receive_hello(Peer& peer, std::span<const std::uint8_t> datagram, NoticePath from,
                                 TimePoint now) {
    const auto hello = agent::open_hello(datagram, peer.config.key);
    if (!hello) return refuse(hello.error(), from, now, &peer);
    ++counters_.hellos;
    const auto nonce = peer.nonces.nonce_for(hello->agent, hello->run, hello->agent_nonce);
    send_(agent::encode(agent::Welcome{hello->agent_nonce, nonce}, peer.config.key), from);
}

void NoticeServer::receive_confirm(Peer& peer, std::span<const std::uint8_t> datagram, NoticePath from,
                                   TimePoint now) {
    const auto confirm = agent::open_confirm(datagram, peer.config.key);
    if (!confirm) return refuse(confirm.error(), from, now, &peer);
    // The answer to the first one was lost, or somebody repeats it: nothing changes, not even the endpoint.
    if (peer.confirm == *confirm) return reply(peer, agent::Established{}, from);
    const auto expected = peer.nonces.nonce_for(confirm->agent, confirm->run, confirm->agent_nonce);
    if (confirm->controller_nonce != expected) return refuse(Refusal::replayed, from, now, &peer);
    establish(peer, *confirm, from, now);
}

void NoticeServer::establish(Peer& peer, const agent::Confirm& confirm, NoticePath from, TimePoint now) {
    const bool restarted = !peer.confirm || peer.confirm->run != confirm.run;
    if (peer.association) by_association_.erase(peer.association->identifier());
    peer.nonces.advance();
    peer.confirm = confirm;
    const auto& association =
        peer.association.emplace(agent::Association::Role::controller, peer.config.key, confirm);
    const std::size_t index = by_identifier_.at(peer.identifier);
    by_association_[association.identifier()] = index;
    peer.path = from;
    peer.connected = true;
    peer.last_heard = now;
    watch_silence(index, peer);
    peer.session.begin(restarted, now);
    ++counters_.associations;
    const auto refused = refusals_.let_in(peer.identifier);
    tell(AgentState::associated, &peer,
         {Gravity::information,
          fmt::format("agent {}: associated from {}{}{}", peer.config.name, to_string(from.agent),
                      restarted ? ", newly started" : "",
                      refused ? fmt::format("; {} of its notices were refused before", *refused) : "")},
         to_string(from.agent));
    reply(peer, agent::Established{}, from);
}

void NoticeServer::receive_sealed(std::span<const std::uint8_t> datagram, NoticePath from, TimePoint now) {
    const auto claimed = agent::claimed_association(datagram);
    if (!claimed) return refuse(claimed.error(), from, now);
    const auto found = by_association_.find(*claimed);
    if (found == by_association_.end()) return refuse(Refusal::unknown_association, from, now);
    auto& peer = peers_[found->second];
    if (!peer.association) return refuse(Refusal::unknown_association, from, now, &peer);
    auto& association = *peer.association;
    const auto opened = association.open(datagram);
    if (!opened) return refuse(opened.error(), from, now, &peer);
    const auto notice = agent::decode_agent_notice(*opened);
    if (!notice) return refuse(notice.error(), from, now, &peer);

    if (association.newest()) peer.path = from;
    peer.connected = true;
    peer.last_heard = now;
    const auto refusal = peer.session.receive(
        *notice, now, [&](const agent::ControllerNotice& answer) { reply(peer, answer, peer.path); });
    if (peer.session.unsettled()) unsettled_.insert(found->second);
    if (refusal) return refuse(*refusal, from, now, &peer);
    ++peer.notices;
    ++counters_.accepted;
}

void NoticeServer::tick(TimePoint now) {
    if (now - looked_ >= Milliseconds{1000}) {
        looked_ = now;
        for (auto& sentence : refusals_.tick(now))
            tell(AgentState::accepted, nullptr, {Gravity::information, std::move(sentence)});
        tell_of_absence(now);
    }
    notice_silence(now);
    settle();
}

void NoticeServer::settle() {
    std::erase_if(unsettled_, [this](std::size_t index) {
        auto& peer = peers_[index];
        peer.session.settle([&](const agent::ControllerNotice& answer) { reply(peer, answer, peer.path); });
        return !peer.session.unsettled();
    });
}

void NoticeServer::watch_silence(std::size_t index, Peer& peer) {
    if (peer.silence_due) silences_.erase({*peer.silence_due, index});
    const TimePoint due = peer.last_heard.value_or(TimePoint{}) + agent_timeout_ + Milliseconds{1};
    peer.silence_due = due;
    silences_.emplace(due, index);
}

void NoticeServer::notice_silence(TimePoint now) {
    while (!silences_.empty() && silences_.begin()->first <= now) {
        const auto index = silences_.begin()->second;
        auto& peer = peers_[index];
        silences_.erase(silences_.begin());
        peer.silence_due.reset();
        if (!peer.connected) continue;
        if (now - peer.last_heard.value_or(TimePoint{}) <= agent_timeout_) {
            watch_silence(index, peer);
            continue;
        }
        peer.connected = false;
        ++counters_.silences;
        tell(AgentState::silent, &peer,
             {Gravity::warning, fmt::format("agent {}: silent for {} ms, its domains become unknown",
                                            peer.config.name, agent_timeout_.count())},
             to_string(peer.path.agent));
        end_association(peer, now);
    }
}

void NoticeServer::end_association(Peer& peer, TimePoint now) {
    // The agent has to begin a new one: whatever of the old is still under way can then do no harm when it
    // arrives after all.
    if (peer.association) by_association_.erase(peer.association->identifier());
    peer.association.reset();
    peer.confirm.reset();
    peer.session.silence(now);
}

void NoticeServer::reply(Peer& peer, const agent::ControllerNotice& notice, NoticePath to) {
    if (peer.association) send_(peer.association->seal(agent::encode(notice)), to);
}

void NoticeServer::refuse(Refusal refusal, NoticePath from, TimePoint now, Peer* peer,
                          const agent::AgentIdentifier& claimed) {
    ++counters_.refused.at(static_cast<std::size_t>(refusal));
    RefusedNotice notice{.refusal = refusal, .agent = claimed, .from = from.agent};
    if (peer != nullptr) {
        ++peer->refused;
        notice.agent = peer->identifier;
        notice.name = peer->config.name;
        notice.reason = peer->session.reason();
    }
    spdlog::debug("notice refused: {}{}", agent::name_of(refusal),
                  peer != nullptr ? ", agent " + peer->config.name : "");
    if (auto sentence = refusals_.refused(notice, now))
        tell(AgentState::refused, peer, {Gravity::warning, std::move(*sentence)}, to_string(from.agent));
}

void NoticeServer::tell_of_absence(TimePoint now) {
    for (const auto index : not_expected_) absent_.emplace_back(now + patience, index);
    not_expected_.clear();
    for (; !absent_.empty() && absent_.front().first <= now; absent_.pop_front()) {
        const auto& peer = peers_[absent_.front().second];
        if (peer.removed || peer.last_heard) continue;
        tell(AgentState::absent, &peer,
             {Gravity::warning,
              fmt::format("agent {}: not heard for {} s: does it run, under this name and with this key, and "
                          "does it know our address? What it may speak for stays unknown, and goes inside",
                          peer.config.name, patience.count() / 1000)});
    }
}

void NoticeServer::tell(AgentState state, const Peer* peer, Told told, const std::string& endpoint) const {
    events_.publish(AgentChanged{.state = state,
                                 .agent = peer == nullptr ? std::string() : peer->config.name,
                                 .endpoint = endpoint,
                                 .told = std::move(told)});
}

std::vector<AgentRow> NoticeServer::rows() const {
    std::vector<AgentRow> rows;
    rows.reserve(peers_.size());
    for (const auto& peer : peers_) {
        if (peer.removed) continue;
        rows.push_back({.name = peer.config.name,
                        .connected = peer.connected,
                        .endpoint = peer.last_heard ? to_string(peer.path.agent) : "",
                        .domains = peer.session.domains(),
                        .last_heard = peer.last_heard,
                        .notices = peer.notices,
                        .refused = peer.refused});
    }
    return rows;
}

std::vector<CounterRow> NoticeServer::counter_rows() const {
    std::vector<CounterRow> rows{
        {"notices_accepted", "Notices of established associations that were accepted.", counters_.accepted},
        {"notice_hellos", "Authentic HELLOs of agents.", counters_.hellos},
        {"notice_associations", "Associations established with agents.", counters_.associations, "times"},
        {"notice_silences", "Times an agent was silent for the agent timeout.", counters_.silences, "times"},
    };
    for (std::size_t i = 0; i < agent::refusal_count; ++i) {
        const auto name = agent::name_of(static_cast<Refusal>(i));
        rows.push_back({fmt::format("notices_refused_{}", name), fmt::format("Notices refused: {}.", name),
                        counters_.refused.at(i)});
    }
    return rows;
}

}  // namespace honeyswitch::control
