#include "agent/report/reporter.hpp"

#include <algorithm>

namespace honeyswitch::agent {

Reporter::Reporter(const Identity& identity, std::span<const DomainReport* const> reports, Send send)
    : identity_(identity), identifier_(identifier_of(identity.name)), send_(std::move(send)) {
    for (const auto* const report : reports) domains_.emplace_back(*report);
}

void Reporter::note(std::size_t domain, Ipv4Address address, std::optional<Clock::time_point> evidence) {
    domains_.at(domain).note(address, evidence);
}

void Reporter::note_swept(std::size_t domain, Clock::time_point now) {
    domains_.at(domain).note_swept();
    // A keep-alive is the shortest way to withdraw a domain.
    keep_alive_due_ = now;
}

void Reporter::flush(Clock::time_point now) {
    if (!handshake_ && (!association_ || now - last_heard_ >= silence_limit)) begin_handshake(now);
    if (handshake_ && handshake_->due <= now) continue_handshake(*handshake_, now);
    if (!association_) return;

    if (keep_alive_due_ <= now) send_keep_alives(now);
    auto states =
        std::ranges::count_if(domains_, [](const DomainSync& domain) { return domain.sending_state(); });
    for (auto& domain : domains_) {
        const bool was_sending = domain.sending_state();
        const bool allowed = was_sending || static_cast<std::size_t>(states) < max_states;
        domain.flush(now, number_, allowed, [&](const AgentNotice& notice) { emit(notice); });
        states += static_cast<int>(domain.sending_state()) - static_cast<int>(was_sending);
    }
}

Clock::time_point Reporter::due() const {
    auto earliest =
        association_ ? std::min(keep_alive_due_, last_heard_ + silence_limit) : Clock::time_point::max();
    if (handshake_) earliest = std::min(association_ ? keep_alive_due_ : earliest, handshake_->due);
    if (!association_) return earliest;
    for (const auto& domain : domains_)
        if (const auto due = domain.due()) earliest = std::min(earliest, *due);
    return earliest;
}

void Reporter::begin_handshake(Clock::time_point now) {
    auto& handshake = handshake_.emplace(Handshake());
    handshake.nonce = random_octets<16>();
    handshake.due = now;
}

void Reporter::continue_handshake(Handshake& handshake, Clock::time_point now) {
    if (handshake.confirms >= max_confirms) {
        // The controller has restarted since its WELCOME, or another of our CONFIRMs was faster.
        const auto interval = handshake.interval;
        handshake = Handshake();
        handshake.nonce = random_octets<16>();
        handshake.interval = interval;
    }
    if (handshake.confirm) {
        ++handshake.confirms;
        send(encode(*handshake.confirm, identity_.key));
    } else {
        send(encode(Hello{identifier_, identity_.run, handshake.nonce}, identity_.key));
    }
    handshake.due = now + handshake.interval;
    handshake.interval = std::min(2 * handshake.interval, last_hello_interval);
}

void Reporter::receive(Bytes datagram, Clock::time_point now) {
    ++counters_.received;
    const auto kind = kind_of(datagram);
    if (kind == DatagramKind::welcome) return receive_welcome(datagram, now);
    if (kind == DatagramKind::to_agent) return receive_sealed(datagram, now);
    ++counters_.refused;
}

void Reporter::receive_welcome(Bytes datagram, Clock::time_point now) {
    const auto welcome = open_welcome(datagram, identity_.key);
    if (!welcome || !handshake_ || handshake_->confirm || welcome->agent_nonce != handshake_->nonce) {
        ++counters_.refused;
        return;
    }
    auto& handshake = *handshake_;
    handshake.confirm = Confirm{identifier_, identity_.run, handshake.nonce, welcome->controller_nonce};
    handshake.association.emplace(Association::Role::agent, identity_.key, *handshake.confirm);
    handshake.interval = first_hello_interval;
    handshake.due = now;
    continue_handshake(handshake, now);
}

Association* Reporter::association_of(const AssociationIdentifier& identifier) {
    if (handshake_ && handshake_->association && handshake_->association->identifier() == identifier)
        return &*handshake_->association;
    return association_ ? &*association_ : nullptr;
}

void Reporter::receive_sealed(Bytes datagram, Clock::time_point now) {
    const auto claimed = claimed_association(datagram);
    auto* const association = claimed ? association_of(*claimed) : nullptr;
    const auto opened =
        association != nullptr ? association->open(datagram) : std::unexpected(Refusal::unknown_association);
    if (!opened) {
        ++counters_.refused;
        return;
    }
    const auto notice = decode_controller_notice(*opened);
    if (!notice) {
        ++counters_.refused;
        return;
    }
    if (handshake_ && handshake_->association && association == &*handshake_->association)
        establish(*handshake_->association, now);
    // The old association lives after all. Once CONFIRM is out, the controller may have left it, though.
    if (handshake_ && !handshake_->confirm) handshake_.reset();
    last_heard_ = now;
    receive(*notice, now);
}

void Reporter::establish(Association association, Clock::time_point now) {
    association_ = association;
    handshake_.reset();
    number_ = 0;
    keep_alives_.clear();
    keep_alive_due_ = now;
    ++counters_.associations;
    for (auto& domain : domains_) domain.restart();
}

void Reporter::receive(const ControllerNotice& notice, Clock::time_point now) {
    if (const auto* const acknowledgement = std::get_if<Acknowledgement>(&notice)) {
        for (const auto& entry : acknowledgement->entries) {
            const auto mine = [&](DomainSync& domain) { return domain.acknowledged(entry, now, latency_); };
            if (std::ranges::any_of(domains_, mine)) ++counters_.changes_acknowledged;
        }
    } else if (const auto* const state = std::get_if<StateAcknowledgement>(&notice)) {
        for (auto& domain : domains_) {
            if (domain.report().active.prefix() != state->domain) continue;
            const bool was_sending = domain.sending_state();
            domain.acknowledged(*state, now, latency_);
            if (was_sending && !domain.sending_state()) ++counters_.states_acknowledged;
        }
    } else if (const auto* const reply = std::get_if<KeepAliveReply>(&notice)) {
        receive(*reply, now);
    }
}

void Reporter::receive(const KeepAliveReply& reply, Clock::time_point now) {
    const auto sent = std::ranges::find(keep_alives_, reply.token, &KeepAliveSent::token);
    if (sent == keep_alives_.end()) return;
    for (std::size_t i = 0; i < reply.entries.size() && sent->first + i < domains_.size(); ++i) {
        auto& domain = domains_[sent->first + i];
        const auto& entry = reply.entries[i];
        if (entry.domain == domain.report().active.prefix()) domain.compared(entry.code, now);
    }
    keep_alives_.erase(sent);
    if (keep_alives_.empty()) keep_alive_due_ = now + keep_alive_interval;
}

void Reporter::send_keep_alives(Clock::time_point now) {
    keep_alives_.clear();
    std::size_t first = 0;
    do {
        KeepAlive keep_alive{number_, ++token_, {}};
        keep_alives_.push_back({token_, first});
        const auto count = std::min(max_keep_alive_entries, domains_.size() - first);
        for (auto& domain : std::span(domains_).subspan(first, count))
            keep_alive.entries.push_back(domain.keep_alive());
        emit(keep_alive);
        first += count;
    } while (first < domains_.size());
    keep_alive_due_ = now + keep_alive_patience;
}

bool Reporter::in_step() const {
    return association_ &&
           std::ranges::all_of(domains_, [](const DomainSync& domain) { return domain.in_step(); });
}

void Reporter::emit(const AgentNotice& notice) {
    if (association_) send(association_->seal(encode(notice)));
}

void Reporter::send(Bytes datagram) {
    ++counters_.sent;
    send_(datagram);
}

}  // namespace honeyswitch::agent
