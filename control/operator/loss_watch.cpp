#include "control/operator/loss_watch.hpp"

#include <utility>

#include <fmt/format.h>

namespace honeyswitch::control {
namespace {

double seconds(Milliseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

}  // namespace

std::vector<PacketsLost> LossWatch::look(std::span<const Loss> losses, TimePoint now) {
    seen_.resize(losses.size());
    std::vector<PacketsLost> told;
    for (std::size_t i = 0; i < losses.size(); ++i)
        if (auto lost = look(seen_[i], losses[i], now)) told.push_back(std::move(*lost));
    return told;
}

std::optional<PacketsLost> LossWatch::look(Seen& seen, const Loss& loss, TimePoint now) {
    const std::uint64_t before = std::exchange(seen.packets, loss.packets);
    const auto tell = [&](LossPhase phase, Milliseconds lasted, std::string text) {
        return PacketsLost{.counter = std::string(loss.counter),
                           .phase = phase,
                           .packets = loss.packets - seen.before,
                           .lasted = lasted,
                           .told = {Gravity::warning, std::move(text)}};
    };
    if (loss.packets != before) {
        seen.last = now;
        if (!seen.going_on) {
            seen = {.packets = loss.packets,
                    .before = before,
                    .began = now,
                    .last = now,
                    .told = now,
                    .going_on = true};
            return tell(LossPhase::began, {},
                        fmt::format("{}: {} so far ({})", loss.meaning, loss.packets - before, loss.counter));
        }
        if (now - seen.told < again) return std::nullopt;
        seen.told = now;
        return tell(LossPhase::goes_on, now - seen.began,
                    fmt::format("{}: {} in {:.0f} s, and it goes on ({})", loss.meaning,
                                loss.packets - seen.before, seconds(now - seen.began), loss.counter));
    }
    if (!seen.going_on || now - seen.last < quiet) return std::nullopt;
    seen.going_on = false;
    return tell(LossPhase::ended, seen.last - seen.began,
                fmt::format("no longer so: {}: {} in {:.0f} s ({})", loss.meaning, loss.packets - seen.before,
                            seconds(seen.last - seen.began), loss.counter));
}

}  // namespace honeyswitch::control
