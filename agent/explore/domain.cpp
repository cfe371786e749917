#include "agent/explore/domain.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace honeyswitch::agent {

Domain::Domain(DomainOptions options, DomainOutput& output, const Sweep::Random& random)
    : options_(std::move(options)),
      output_(&output),
      report_(options_.prefix),
      hosts_(options_.probe, options_.sweep.rate),
      answers_(options_.prefix, options_.proxy, options_.sweep, random),
      claims_(options_.prefix, options_.proxy.limit, claim_memory),
      sender_(options_.sender, random),
      sweep_(options_.prefix, options_.sweep, random),
      always_(options_.prefix) {
    for (const auto address : options_.always) {
        always_.set(address, true);
        report_.active.set(address, true);
    }
}

void Domain::set_own(const MacAddress& mac, const std::vector<Ipv4Address>& addresses) {
    own_mac_ = mac;
    const auto former = std::exchange(own_, addresses);
    sender_.set_own(addresses);
    for (const auto address : former)
        if (std::ranges::find(own_, address) == own_.end()) set_always(address, false);
    for (const auto address : own_) set_always(address, true);
}

void Domain::set_always(Ipv4Address address, bool always) {
    always_.set(address, always || std::ranges::find(options_.always, address) != options_.always.end());
    update(address, std::nullopt);
}

void Domain::set_link(bool up, Clock::time_point now) {
    if (link_ == up) return;
    link_ = up;
    abandon_sweep();
    sweep_due_ = now;
    thorough_ = true;
    cut_off_.reset();
    up ? sender_.claim(now) : sender_.release();
    if (!up) set_swept(false, "the interface is down");
}

void Domain::abandon_sweep() {
    sweep_.abandon();
    sweep_over_ = false;
    answers_.abandon([this](const auto& finding) { judged(finding); });
}

void Domain::follow_sender(Clock::time_point now) {
    const auto address = sender_.address();
    if (told_state_ && address == asks_as_ && (address || sender_.state() == told_state_)) return;
    const auto former = std::exchange(asks_as_, address);
    told_state_ = sender_.state();
    for (const auto& one : {former, address})
        if (one && one == options_.sender && std::ranges::find(own_, *one) == own_.end())
            set_always(*one, one == address);
    output_->asks_as(address, sender_.state() == Sender::State::claiming, sender_.reason());
    if (!former) sweep_due_ = now;
    if (address) return;
    abandon_sweep();
    thorough_ = true;
    cut_off_.reset();
    set_swept(false, "the agent has no address to ask with");
}

bool Domain::probed_for(Ipv4Address address, Clock::time_point time) const {
    const auto probe = probed_for_.find(address);
    return probe != probed_for_.end() && time - probe->second < probing_time;
}

void Domain::set_vouchers(std::map<Ipv4Address, Clock::time_point> vouchers, Clock::time_point now) {
    std::swap(vouchers_, vouchers);
    std::erase_if(vouchers_, [&](const auto& voucher) { return !options_.prefix.contains(voucher.first); });
    voucher_due_ = now;
    for (const auto& [address, until] : vouchers) update(address, std::nullopt);
    expire_vouchers(now);
    for (const auto& [address, until] : vouchers_) update(address, std::nullopt);
}

void Domain::expire_vouchers(Clock::time_point now) {
    if (voucher_due_ > now) return;
    voucher_due_ = Clock::time_point::max();
    for (auto voucher = vouchers_.begin(); voucher != vouchers_.end();) {
        if (voucher->second > now) {
            voucher_due_ = std::min(voucher_due_, voucher->second);
            ++voucher;
            continue;
        }
        const auto address = voucher->first;
        voucher = vouchers_.erase(voucher);
        update(address, std::nullopt);
    }
}

void Domain::receive(const ArpFrame& frame, Clock::time_point arrived) {
    ++counters_.frames;
    if (frame.sender_mac == own_mac_ || frame.source == own_mac_) return;
    if (frame.sender_mac.is_multicast() || frame.sender_mac.is_zero() || frame.source.is_multicast()) {
        ++counters_.invalid;
        return;
    }
    sender_.heard(frame, arrived);
    const auto subject = frame.is_probe() ? frame.target : frame.sender;
    if (!Sweep::is_usable(options_.prefix, subject)) {
        if (frame.operation == ArpOperation::reply) answers_.answered_impossible(subject, frame.sender_mac);
        ++counters_.foreign;
        return;
    }
    if (frame.is_probe()) return claimed(subject, frame.sender_mac, arrived);
    // A host asks and announces in its own name alone; only a reply can be a proxy's.
    if (frame.operation == ArpOperation::reply && !frame.is_announcement())
        return answered(subject, frame.sender_mac, arrived);
    sweep_.heard(subject);
    evidence(subject, frame.sender_mac, true, arrived);
}

void Domain::frames_lost(Clock::time_point now) {
    sender_.frames_lost(now);
    sweep_.fail();
    answers_.frames_lost();
    hosts_.restart_probes();
}

void Domain::claimed(Ipv4Address address, const MacAddress& mac, Clock::time_point arrived) {
    const bool scans = claims_.attribute(address, mac);
    if (scans && std::ranges::find(options_.proxy.allowed, mac) == options_.proxy.allowed.end()) return;
    probed_for_[address] = arrived;
    evidence(address, mac, false, arrived);
}

void Domain::answered(Ipv4Address address, const MacAddress& mac, Clock::time_point arrived) {
    const auto standing = answers_.answered(address, mac, arrived);
    const auto* const known = hosts_.find(address);
    const bool same = known != nullptr && known->mac == mac;
    // A proxy has addresses of its own, too.
    if (standing == ProxyJudge::Standing::proxy && !(same && known->own_word)) {
        // It shows that the link works, and no more: a proxy that answers now for these and now for those
        // must not look like hosts that are still being found.
        ++counters_.proxied;
        ++proxied_in_sweep_;
        return;
    }
    sweep_.heard(address);
    // What the MAC is known to have does not wait for a finding, and so does not become inactive meanwhile.
    if (standing == ProxyJudge::Standing::waits && !same) return;
    evidence(address, mac, false, arrived);
}

void Domain::judged(const ProxyJudge::Finding& finding) {
    if (finding.news) output_->many_addresses(finding);
    if (finding.proxy)
        counters_.proxied += finding.waiting.size();
    else
        for (const auto& [address, arrived] : finding.waiting) evidence(address, finding.mac, false, arrived);
}

void Domain::examine(Clock::time_point now) {
    const auto taken = [&](Ipv4Address address, const MacAddress& mac) {
        if (always_.contains(address)) return true;
        const auto* const host = hosts_.find(address);
        return host != nullptr && host->mac != mac;
    };
    answers_.tick(
        now, taken, [&](Ipv4Address address, const MacAddress& mac) { return request(address, mac); },
        [&](const auto& finding) { judged(finding); });
}

void Domain::evidence(Ipv4Address address, const MacAddress& mac, bool own_word, Clock::time_point arrived) {
    ++counters_.evidence;
    const auto* const known = hosts_.find(address);
    const auto former = known != nullptr ? known->mac : mac;
    if (hosts_.evidence(address, mac, own_word, arrived).conflict) {
        ++counters_.conflicts;
        output_->conflict(address, former, mac);
    }
    update(address, arrived);
}

void Domain::update(Ipv4Address address, std::optional<Clock::time_point> evidence) {
    const bool active =
        always_.contains(address) || hosts_.find(address) != nullptr || vouchers_.contains(address);
    if (report_.active.set(address, active)) output_->changed(address, evidence);
}

bool Domain::request(Ipv4Address target, const MacAddress& destination) {
    if (!asks_as_) return false;
    return transmit(target, destination, *asks_as_);
}

bool Domain::transmit(Ipv4Address target, const MacAddress& destination, Ipv4Address sender) {
    const ArpFrame frame{.destination = destination,
                         .source = own_mac_,
                         .vlan = options_.vlan,
                         .operation = ArpOperation::request,
                         .sender_mac = own_mac_,
                         .sender = sender,
                         .target_mac = {},
                         .target = target};
    const bool sent = output_->send(frame);
    ++(sent ? counters_.requests : counters_.unsent);
    return sent;
}

void Domain::tick(Clock::time_point now) {
    expire_vouchers(now);
    if (!link_) return;
    sender_.tick(now, [&](Ipv4Address address) { return transmit(address, broadcast_mac, {}); });
    follow_sender(now);
    if (!asks_as_) return;
    sweep(now);
    examine(now);
    if (sweep_over_ && !answers_.undecided()) {
        sweep_over_ = false;
        end_sweep(now);
    }
    if (cut_off_) return;
    hosts_.tick(
        now,
        [&](Ipv4Address address, const MacAddress& mac) {
            return !probed_for(address, now) && request(address, mac);
        },
        [&](Ipv4Address address) { update(address, std::nullopt); });
}

void Domain::sweep(Clock::time_point now) {
    if (sweep_over_) return;
    if (!sweep_.running() && sweep_due_ <= now) {
        sweep_.begin(now);
        proxied_in_sweep_ = 0;
    }
    const auto retry = [&](Ipv4Address address) { return thorough_ || report_.active.contains(address); };
    while (const auto target = sweep_.next(now, retry)) {
        // Nobody but the agent has its addresses, and whoever probes for one is left in peace meanwhile.
        if (std::ranges::find(own_, *target) != own_.end() || target == asks_as_) continue;
        if (probed_for(*target, now)) continue;
        if (!request(*target, broadcast_mac)) sweep_.fail();
    }
    sweep_over_ = sweep_.finish(now);
}

void Domain::end_sweep(Clock::time_point now) {
    last_sweep_ = now - sweep_.began();
    sweep_due_ = std::max(now, sweep_.began() + options_.sweep.interval);
    claims_.next_sweep();
    std::erase_if(probed_for_, [&](const auto& probe) { return now - probe.second >= probing_time; });
    if (sweep_.failed() || !plausible()) {
        ++counters_.sweeps_failed;
        sweep_due_ = now + options_.sweep.patience;
        return;
    }
    ++counters_.sweeps;
    thorough_ = false;
    answers_.review();
    judge(now);
    set_swept(true, "swept");
}

bool Domain::plausible() {
    if (sweep_.heard().count() + proxied_in_sweep_ < options_.min_answers) {
        set_swept(false, "nobody answered the sweep");
        return false;
    }
    unsigned known = 0, missing = 0;
    for (const auto& [address, host] : hosts_.hosts()) {
        if (host.state != HostState::active || probed_for(address, sweep_.began())) continue;
        ++known;
        if (!sweep_.heard().contains(address)) ++missing;
    }
    if (known < options_.cut_off_hosts || missing * 2 <= known) {
        cut_off_.reset();
        return true;
    }
    if (!cut_off_) {
        ++counters_.cut_offs;
        cut_off_ = options_.cut_off_sweeps;
        set_swept(false,
                  fmt::format("{} of {} hosts missed one sweep: the agent may be cut off", missing, known));
        return false;
    }
    if (--*cut_off_ > 0) return false;
    cut_off_.reset();
    return true;
}

void Domain::judge(Clock::time_point now) {
    std::vector<Ipv4Address> missed;
    for (const auto& [address, host] : hosts_.hosts())
        if (host.last_evidence < sweep_.began() && !probed_for(address, sweep_.began()))
            missed.push_back(address);
    for (const auto address : missed) hosts_.missed(address, now);
}

void Domain::set_swept(bool swept, const std::string& reason) {
    if (report_.swept == swept) return;
    report_.swept = swept;
    output_->swept_changed(reason);
}

Clock::time_point Domain::due() const {
    auto earliest = voucher_due_;
    if (!link_) return earliest;
    earliest = std::min(earliest, sender_.due());
    if (!asks_as_) return told_state_ ? earliest : Clock::time_point{};
    earliest = std::min(earliest, answers_.due());
    if (!sweep_over_) earliest = std::min(earliest, sweep_.running() ? sweep_.due() : sweep_due_);
    return cut_off_ ? earliest : std::min(earliest, hosts_.due());
}

}  // namespace honeyswitch::agent
