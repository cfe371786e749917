// Rows on their way out, as an aligned table, as lines, or as one JSON array.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tools/honeyctl/source.hpp"

namespace honeyswitch::honeyctl {

/// Counts rows against the limit and writes each as it comes, so that a table of any length needs no memory.
class RowWriter {
  public:
    /// `title` comes before the first row of text; JSON has none.
    RowWriter(const Sink& sink, const Selection& selection, std::string_view title)
        : sink_(sink), json_(selection.json), left_(selection.limit) {
        open_ = sink_(json_ ? std::string_view("[") : title);
    }

    /// False: enough was written, or nobody reads any more.
    [[nodiscard]] bool wants_more() const { return open_ && left_ > 0; }

    /// Writes a row; exactly one of the two makes it. Returns wants_more().
    template <typename MakeText, typename MakeJson>
    bool write(MakeText make_text, MakeJson make_json) {
        if (!wants_more()) return false;
        open_ = sink_(json_ ? (std::exchange(first_, false) ? "\n" : ",\n") + Json(make_json()).dump()
                            : make_text());
        --left_;
        return wants_more();
    }

    /// Ends a JSON document.
    void finish() {
        if (json_ && open_) open_ = sink_(first_ ? "]\n" : "\n]\n");
    }

  private:
    const Sink& sink_;
    bool json_;
    bool open_ = true;
    bool first_ = true;
    std::uint64_t left_;
};

}  // namespace honeyswitch::honeyctl
