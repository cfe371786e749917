#include "control/notices/refusal_watch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace honeyswitch::control {
namespace {

using agent::Refusal;

constexpr agent::AgentIdentifier nobody{};

/// A key of RefusalWatch: of one agent that has no record.
bool is_stranger(const std::pair<Refusal, agent::AgentIdentifier>& key) {
    return key.first == Refusal::unknown_agent && key.second != nobody;
}

std::string sentence_about(const RefusedNotice& notice, bool of_many) {
    const auto from = to_string(notice.from);
    switch (notice.refusal) {
        case Refusal::unknown_agent:
            if (of_many)
                return fmt::format(
                    "notices of ever more agents that no [[agent]] names are refused, lately from {}", from);
            return fmt::format(
                "notices from {} are refused: no [[agent]] has the name that this agent gives itself "
                "(identifier {:02x}); is it spelled alike there and here?",
                from, fmt::join(notice.agent, ""));
        case Refusal::unknown_version:
            return fmt::format(
                "notices from {} are refused: they are of another version of the protocol than {}; is its "
                "agent of the same release?",
                from, agent::notice_version);
        case Refusal::forged:
            return fmt::format(
                "notices of agent '{}' from {} are refused: they are not sealed with its key; have both the "
                "same key file?",
                notice.name, from);
        default:
            return fmt::format("notices of agent '{}' from {} are refused: {}", notice.name, from,
                               notice.reason);
    }
}

double seconds_between(TimePoint began, TimePoint now) {
    return static_cast<double>((now - began).count()) / 1000;
}

}  // namespace

std::optional<RefusalWatch::Key> RefusalWatch::key_of(const RefusedNotice& notice) const {
    const Key own{notice.refusal, notice.agent};
    switch (notice.refusal) {
        case Refusal::unknown_agent:
            return entries_.contains(own) || strangers_ < most_strangers ? own : Key{notice.refusal, nobody};
        case Refusal::unknown_version:
            return Key{notice.refusal, nobody};
        case Refusal::forged:
            return notice.name.empty() ? std::nullopt : std::optional(own);
        case Refusal::out_of_grant:
        case Refusal::no_capacity:
            return notice.reason.empty() ? std::nullopt : std::optional(own);
        default:
            return std::nullopt;
    }
}

std::optional<std::string> RefusalWatch::refused(const RefusedNotice& notice, TimePoint now) {
    const auto key = key_of(notice);
    if (!key) return std::nullopt;
    const auto [at, is_new] = entries_.try_emplace(*key);
    if (is_new && is_stranger(*key)) ++strangers_;
    auto& entry = at->second;
    if (!entry.going_on) {
        entry.going_on = true;
        entry.said = false;
        entry.began = now;
        entry.count = 0;
    }
    ++entry.count;
    entry.last = now;
    if (entry.told && now - *entry.told < again) return std::nullopt;
    entry.told = now;
    entry.what = sentence_about(notice, key->second == nobody);
    if (!std::exchange(entry.said, true) && entry.count == 1) return entry.what;
    return fmt::format("{} ({} in {:.0f} s, and it goes on)", entry.what, entry.count,
                       seconds_between(entry.began, now));
}

std::optional<std::uint64_t> RefusalWatch::let_in(const agent::AgentIdentifier& agent) {
    const auto found = entries_.find({Refusal::forged, agent});
    if (found == entries_.end() || !found->second.going_on) return std::nullopt;
    found->second.going_on = false;
    return found->second.said ? std::optional(found->second.count) : std::nullopt;
}

std::vector<std::string> RefusalWatch::tick(TimePoint now) {
    std::vector<std::string> sentences;
    for (auto at = entries_.begin(); at != entries_.end();) {
        auto& [key, entry] = *at;
        if (entry.going_on && now - entry.last >= quiet) {
            entry.going_on = false;
            if (entry.said)
                sentences.push_back(fmt::format("no longer so: {} ({} in {:.0f} s)", entry.what, entry.count,
                                                seconds_between(entry.began, entry.last)));
        }
        const bool over = !entry.going_on && (!entry.told || now - *entry.told >= again);
        if (over && is_stranger(key)) --strangers_;
        at = over ? entries_.erase(at) : std::next(at);
    }
    return sentences;
}

}  // namespace honeyswitch::control
