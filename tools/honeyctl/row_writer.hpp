// Rows on their way out, as an aligned table, as lines, or as one JSON document: {"time":…,"rows":[…]}.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tools/honeyctl/pages.hpp"
#include "tools/honeyctl/wall_clock.hpp"

namespace honeyswitch::honeyctl {

/// Counts rows against the limit and writes each as it comes, so that a table of any length needs no memory.
class RowWriter {
  public:
    /// `title` comes before the first row of text; JSON has none. Nothing is written before there is a row,
    /// or the end: what cannot be read at all has no title.
    RowWriter(const Sink& sink, const Selection& selection, std::string_view title)
        : sink_(sink), json_(selection.json), now_(selection.now), title_(title), left_(selection.limit) {}

    /// False: enough was written, or nobody reads any more.
    [[nodiscard]] bool wants_more() const { return open_ && left_ > 0; }

    /// Writes a row; exactly one of the two makes it. Returns wants_more().
    template <typename MakeText, typename MakeJson>
    bool write(MakeText make_text, MakeJson make_json) {
        if (!wants_more()) return false;
        const bool first = begin();
        if (!open_) return false;
        open_ = sink_(json_ ? fmt::format("{}{}", first ? "\n" : ",\n", with_times(make_json(), now_).dump())
                            : make_text());
        --left_;
        return wants_more();
    }

    /// The table is complete. `more`: further members of the JSON document.
    void finish(const Json& more = Json::object()) {
        const bool empty = begin();
        if (!json_ || !open_) return;
        std::string end = empty ? "]" : "\n]";
        for (const auto& [key, value] : more.items())
            end += fmt::format(",{}:{}", Json(key).dump(), value.dump());
        open_ = sink_(fmt::format("{}}}\n", end));
    }

  private:
    /// True: this was the beginning.
    bool begin() {
        if (std::exchange(begun_, true)) return false;
        open_ = sink_(json_ ? fmt::format("{{\"time\":\"{}\",\"rows\":[", iso_time(now_)) : title_);
        return true;
    }

    const Sink& sink_;
    bool json_;
    WallTime now_;
    std::string title_;
    bool open_ = true;
    bool begun_ = false;
    std::uint64_t left_;
};

}  // namespace honeyswitch::honeyctl
