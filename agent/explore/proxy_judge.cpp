#include "agent/explore/proxy_judge.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "agent/explore/sweep.hpp"

namespace honeyswitch::agent {
namespace {

bool contains(const std::vector<MacAddress>& macs, const MacAddress& mac) {
    return std::ranges::find(macs, mac) != macs.end();
}

}  // namespace

ProxyJudge::ProxyJudge(Ipv4Prefix domain, const ProxyOptions& options, const SweepOptions& pace,
                       Random random)
    : domain_(domain),
      options_(options),
      pace_(pace),
      random_(std::move(random)),
      census_(domain, options.limit, memory) {}

ProxyJudge::Standing ProxyJudge::answered(Ipv4Address address, const MacAddress& mac,
                                          Clock::time_point arrived) {
    if (contains(options_.allowed, mac)) return Standing::evidence;
    if (contains(options_.ignored, mac)) return Standing::proxy;
    const bool many = census_.attribute(address, mac);
    if (examination_ && examination_->mac == mac)
        for (auto& question : examination_->questions) question.answered |= question.address == address;
    if (!many) return Standing::evidence;
    const auto [entry, added] = records_.try_emplace(mac);
    if (added) queue_.push_back(mac);
    auto& record = entry->second;
    if (record.kind == Kind::undecided) record.waiting.push_back({address, arrived});
    return record.kind == Kind::undecided ? Standing::waits
           : record.kind == Kind::proxy   ? Standing::proxy
                                          : Standing::evidence;
}

void ProxyJudge::answered_impossible(Ipv4Address address, const MacAddress& mac) {
    if (!examination_ || examination_->mac != mac) return;
    for (auto& question : examination_->questions) question.answered |= question.address == address;
}

void ProxyJudge::review() {
    census_.next_sweep();
    std::erase_if(records_, [&](const auto& entry) {
        return entry.second.kind != Kind::undecided && !census_.has_many(entry.first);
    });
    for (const auto& [mac, record] : records_)
        if (record.kind != Kind::undecided && std::ranges::find(queue_, mac) == queue_.end())
            queue_.push_back(mac);
}

std::vector<ProxyJudge::Question> ProxyJudge::questions_for(const MacAddress& mac, const Taken& taken) const {
    std::vector<Question> questions;
    for (const auto address : census_.some_of(mac, control_size))
        questions.push_back({address, Purpose::control});
    std::vector<Ipv4Address> impossible{domain_.network, domain_.last()};
    for (const std::uint32_t network : {0xc0000200U, 0xc6336400U, 0xcb007100U})
        impossible.push_back({network + 1 + random_() % 254});
    for (const auto address : impossible)
        if (!Sweep::is_usable(domain_, address)) questions.push_back({address, Purpose::impossible});
    std::set<Ipv4Address> sample;
    for (std::size_t tries = 0; tries < 16 * sample_size && sample.size() < sample_size; ++tries) {
        const Ipv4Address address{domain_.network.value +
                                  static_cast<std::uint32_t>(random_() % domain_.size())};
        if (Sweep::is_usable(domain_, address) && !taken(address, mac)) sample.insert(address);
    }
    for (const auto address : sample) questions.push_back({address, Purpose::sample});
    return questions;
}

void ProxyJudge::begin_next(Clock::time_point now, const Taken& taken) {
    const auto mac = queue_.front();
    queue_.pop_front();
    if (!records_.contains(mac)) return;
    examination_.emplace(Examination{.mac = mac, .questions = questions_for(mac, taken), .due = now});
}

void ProxyJudge::tick(Clock::time_point now, const Taken& taken, const Ask& ask, const Tell& tell) {
    if (!examination_ && !queue_.empty()) begin_next(now, taken);
    if (!examination_ || !go_on(*examination_, now, ask)) return;
    const Examination over = std::move(*examination_);
    examination_.reset();
    conclude(over, tell);
}

bool ProxyJudge::go_on(Examination& examination, Clock::time_point now, const Ask& ask) const {
    const auto all_answered = [&] { return std::ranges::all_of(examination.questions, &Question::answered); };
    if (examination.waiting && (examination.due <= now || all_answered())) {
        ++examination.rounds;
        if (!wants_another_round(examination)) return true;
        examination.waiting = false;
        examination.next = 0;
        examination.due = now;
    }
    while (!examination.waiting && examination.due <= now) {
        while (examination.next < examination.questions.size() &&
               examination.questions[examination.next].answered)
            ++examination.next;
        if (examination.next == examination.questions.size()) {
            examination.waiting = true;
            examination.due = now + pace_.patience;
        } else if (ask(examination.questions[examination.next].address, examination.mac)) {
            ++examination.next;
            examination.due += std::chrono::nanoseconds(std::chrono::seconds(1)) / pace_.rate;
        } else {
            examination.due = now + pace_.patience;
        }
    }
    return false;
}

/// Where frames are lost, a proxy must be asked more than once. Who answers for few of the sample is a host
/// already.
bool ProxyJudge::wants_another_round(const Examination& examination) const {
    if (examination.rounds > pace_.retries) return false;
    unsigned asked = 0, answered = 0;
    bool heard = false;
    for (const auto& question : examination.questions) {
        heard |= question.answered;
        if (question.purpose != Purpose::sample) continue;
        ++asked;
        answered += question.answered;
    }
    const bool all = std::ranges::all_of(examination.questions, &Question::answered);
    return !all && (!heard || answered * 2 >= asked);
}

void ProxyJudge::conclude(const Examination& examination, const Tell& tell) {
    const auto entry = records_.find(examination.mac);
    if (entry == records_.end()) return;
    auto& record = entry->second;
    Finding finding{.mac = examination.mac, .proxy = record.kind == Kind::proxy};
    bool heard = false;
    for (const auto& question : examination.questions) {
        heard |= question.answered;
        finding.asked += question.purpose == Purpose::sample;
        finding.answered += question.answered && question.purpose == Purpose::sample;
        finding.impossible += question.answered && question.purpose == Purpose::impossible;
    }
    // A MAC that was not heard at all is what it was before.
    if (heard) finding.proxy = finding.impossible > 0 && finding.answered * 10 >= finding.asked * 9;
    tell_finding(record, std::move(finding), tell);
}

void ProxyJudge::tell_finding(Record& record, Finding finding, const Tell& tell) const {
    finding.addresses = census_.count(finding.mac);
    const auto former = std::exchange(record.kind, finding.proxy ? Kind::proxy : Kind::host);
    finding.news = former != record.kind || finding.addresses >= 2 * record.told;
    if (finding.news) record.told = finding.addresses;
    finding.waiting = std::exchange(record.waiting, {});
    tell(finding);
}

Clock::time_point ProxyJudge::due() const {
    if (examination_) return examination_->due;
    return queue_.empty() ? Clock::time_point::max() : Clock::time_point{};
}

void ProxyJudge::frames_lost() {
    if (!examination_) return;
    queue_.push_front(examination_->mac);
    examination_.reset();
}

void ProxyJudge::abandon(const Tell& tell) {
    examination_.reset();
    queue_.clear();
    for (auto& [mac, record] : records_)
        if (record.kind == Kind::undecided) tell_finding(record, {.mac = mac}, tell);
}

bool ProxyJudge::undecided() const {
    return std::ranges::any_of(records_,
                               [](const auto& entry) { return entry.second.kind == Kind::undecided; });
}

std::vector<ProxyJudge::Suspicious> ProxyJudge::with_many_addresses() const {
    std::vector<Suspicious> macs;
    macs.reserve(records_.size());
    for (const auto& [mac, record] : records_)
        macs.push_back({mac, census_.count(mac), record.kind == Kind::proxy});
    return macs;
}

}  // namespace honeyswitch::agent
