#include "control/operator/link_policy.hpp"

#include <algorithm>
#include <utility>

namespace honeyswitch::control {

LinkPolicy::LinkPolicy(LinkMode mode, Milliseconds wait, const std::vector<LinkPair>& pairs)
    : mode_(mode), wait_(wait) {
    for (const LinkPair& pair : pairs) {
        Pair watched{.name = pair.name, .ends = {}};
        for (std::size_t i = 0; i < pair.ports.size(); ++i) watched.ends.at(i).port = pair.ports.at(i);
        pairs_.push_back(std::move(watched));
    }
}

void LinkPolicy::note(End& end, bool up, TimePoint now) {
    if (end.held) return;
    end.was_up |= end.given_up;
    if (up) {
        end.was_up = true;
        end.let_up.reset();
    }
    if (std::exchange(end.up, up) != up) end.since = now;
    // What does not find its link is as good as lost.
    if (end.let_up && now - *end.let_up >= settling) {
        end.let_up.reset();
        end.was_up = true;
        end.since = now;
    }
}

bool LinkPolicy::lost(const End& end, TimePoint now) const {
    return !end.held && !end.up && end.was_up && now - end.since >= wait_;
}

bool LinkPolicy::back(const End& end, TimePoint now) const {
    return !end.held && end.up && now - end.since >= wait_;
}

LinkAction LinkPolicy::release(End& end, const End& partner, TimePoint now) {
    end = {.port = end.port, .given_up = end.given_up, .since = now, .let_up = now};
    return {.port = end.port, .partner = partner.port, .up = true};
}

std::vector<LinkAction> LinkPolicy::look(const std::vector<bool>& up, TimePoint now) {
    std::vector<LinkAction> actions;
    if (mode_ == LinkMode::hub) return actions;
    for (Pair& pair : pairs_) {
        for (End& end : pair.ends) note(end, up[end.port], now);
        for (std::size_t i = 0; i < pair.ends.size(); ++i) {
            End& end = pair.ends.at(i);
            const End& partner = pair.ends.at(1 - i);
            // A port without a link needs not be taken down, and if both were held none would ever come back.
            if (end.up && !end.held && lost(partner, now)) {
                end.held = true;
                ++times_taken_down_;
                actions.push_back({.port = end.port, .partner = partner.port, .up = false});
            } else if (end.held && mode_ == LinkMode::wire && back(partner, now)) {
                actions.push_back(release(end, partner, now));
            }
        }
    }
    return actions;
}

std::optional<std::vector<LinkAction>> LinkPolicy::let_up(std::string_view name, TimePoint now) {
    std::vector<LinkAction> actions;
    bool found = name.empty();
    for (Pair& pair : pairs_) {
        if (!name.empty() && pair.name != name) continue;
        found = true;
        for (std::size_t i = 0; i < pair.ends.size(); ++i) {
            if (pair.ends.at(i).held) actions.push_back(release(pair.ends.at(i), pair.ends.at(1 - i), now));
        }
    }
    if (!found) return std::nullopt;
    return actions;
}

void LinkPolicy::give_up(std::size_t port) {
    for (Pair& pair : pairs_)
        for (End& end : pair.ends)
            if (end.port == port) end.given_up = true;
}

std::vector<std::size_t> LinkPolicy::ports() const {
    std::vector<std::size_t> ports;
    for (const Pair& pair : pairs_)
        for (const End& end : pair.ends) ports.push_back(end.port);
    return ports;
}

const LinkPolicy::End* LinkPolicy::find(std::size_t port) const {
    for (const Pair& pair : pairs_)
        for (const End& end : pair.ends)
            if (end.port == port) return &end;
    return nullptr;
}

bool LinkPolicy::has_given_up(std::size_t port) const {
    const End* const end = find(port);
    return end != nullptr && end->given_up;
}

bool LinkPolicy::holds(std::size_t port) const {
    const End* const end = find(port);
    return end != nullptr && end->held;
}

bool LinkPolicy::explains(std::size_t port) const {
    const End* const end = find(port);
    return end != nullptr && (end->held || end->let_up.has_value());
}

}  // namespace honeyswitch::control
