// Contiguous runs of a fixed space, first fit. Control thread; a few runs, seldom taken and handed back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace honeyswitch::dataplane {

class ExtentAllocator {
  public:
    /// The space is [first, first + count).
    ExtentAllocator(std::uint32_t first, std::uint32_t count) { free_.push_back({first, count}); }

    /// The start of a run of `count`; nullopt where none is long enough.
    [[nodiscard]] std::optional<std::uint32_t> take(std::uint64_t count) {
        const auto fit =
            std::ranges::find_if(free_, [&](const Extent& extent) { return extent.count >= count; });
        if (fit == free_.end()) return std::nullopt;
        const std::uint32_t start = fit->start;
        fit->start += static_cast<std::uint32_t>(count);
        fit->count -= static_cast<std::uint32_t>(count);
        if (fit->count == 0) free_.erase(fit);
        return start;
    }

    void give_back(std::uint32_t start, std::uint32_t count) {
        auto next = std::ranges::upper_bound(free_, start, {}, &Extent::start);
        next = free_.insert(next, {start, count});
        join_with_next(next);
        if (next != free_.begin()) join_with_next(next - 1);
    }

  private:
    struct Extent {
        std::uint32_t start, count;
    };

    void join_with_next(std::vector<Extent>::iterator extent) {
        const auto next = extent + 1;
        if (next == free_.end() || extent->start + extent->count != next->start) return;
        extent->count += next->count;
        free_.erase(next);
    }

    std::vector<Extent> free_;  ///< in order of start, never adjacent
};

}  // namespace honeyswitch::dataplane
