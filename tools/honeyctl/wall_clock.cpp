#include "tools/honeyctl/wall_clock.hpp"

#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace honeyswitch::honeyctl {
namespace {

struct Pair {
    const char *duration, *time;
    int direction;  ///< 1: the time is still to come
};
constexpr std::array pairs{Pair{"duration_ms", "since", -1}, Pair{"idle_ms", "last_seen", -1},
                           Pair{"silent_ms", "last_heard", -1}, Pair{"uptime_ms", "started", -1},
                           Pair{"remaining_ms", "until", 1}};

}  // namespace

std::string iso_time(WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto calendar = fmt::gmtime(std::chrono::system_clock::to_time_t(seconds));
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", calendar, (time - seconds).count());
}

Json with_times(Json row, WallTime now) {
    for (const auto& [duration, time, direction] : pairs) {
        const auto found = row.find(duration);
        if (found == row.end()) continue;
        row[time] =
            found->is_null()
                ? Json()
                : Json(iso_time(now + direction * std::chrono::milliseconds(found->get<std::int64_t>())));
    }
    return row;
}

}  // namespace honeyswitch::honeyctl
