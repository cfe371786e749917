#include "control/operator/loss_watch.hpp"

#include <utility>

#include <fmt/format.h>

namespace honeyswitch::control {

std::vector<std::string> LossWatch::look(std::span<const Loss> losses, TimePoint now) {
    seen_.resize(losses.size());
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < losses.size(); ++i)
        if (auto sentence = look(seen_[i], losses[i], now); !sentence.empty())
            sentences.push_back(std::move(sentence));
    return sentences;
}

std::string LossWatch::look(Seen& seen, const Loss& loss, TimePoint now) {
    const std::uint64_t before = std::exchange(seen.packets, loss.packets);
    const auto seconds = [&] { return static_cast<double>((now - seen.began).count()) / 1000; };
    if (loss.packets != before) {
        seen.last = now;
        if (!seen.going_on) {
            seen = {.packets = loss.packets,
                    .before = before,
                    .began = now,
                    .last = now,
                    .told = now,
                    .going_on = true};
            return fmt::format("{}: {} so far ({})", loss.meaning, loss.packets - before, loss.counter);
        }
        if (now - seen.told < again) return {};
        seen.told = now;
        return fmt::format("{}: {} in {:.0f} s, and it goes on ({})", loss.meaning,
                           loss.packets - seen.before, seconds(), loss.counter);
    }
    if (!seen.going_on || now - seen.last < quiet) return {};
    seen.going_on = false;
    const auto lasted = static_cast<double>((seen.last - seen.began).count()) / 1000;
    return fmt::format("no longer so: {}: {} in {:.0f} s ({})", loss.meaning, loss.packets - seen.before,
                       lasted, loss.counter);
}

}  // namespace honeyswitch::control
