#include "base/settings/toml_keys.hpp"

#include <algorithm>

namespace honeyswitch {
namespace {

/// Steps over strings and comments of a document, and counts the dots of each key.
class KeyScan {
  public:
    explicit KeyScan(std::string_view text) : text_(text) {}

    [[nodiscard]] std::optional<std::size_t> run() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"' || c == '\'')
                skip_string(c);
            else if (c == '#')
                at_ = std::min(text_.find('\n', at_), text_.size());
            else
                look_at(c);
            if (parts_ > most_key_parts) return line_;
        }
        return std::nullopt;
    }

  private:
    /// Whatever stands between two keys begins a new one; a dot adds a part.
    void look_at(char c) {
        constexpr std::string_view between = "\n=,[]{}";
        if (c == '\n') ++line_;
        if (c == '.') ++parts_;
        if (between.contains(c)) parts_ = 1;
        ++at_;
    }

    void skip_string(char quote) {
        const std::string_view three = quote == '"' ? R"(""")" : "'''";
        const bool many_lines = text_.substr(at_).starts_with(three);
        const std::string_view end = many_lines ? three : three.substr(0, 1);
        at_ += end.size();
        while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) {
            if (text_[at_] == '\n' && !many_lines) return;  // not TOML: the parser stops here
            if (text_[at_] == '\n') ++line_;
            at_ += quote == '"' && text_[at_] == '\\' && text_.substr(at_ + 1, 1) != "\n" ? 2 : 1;
        }
        at_ = std::min(at_ + end.size(), text_.size());
        // Up to two quotes may stand right before the three that end a string.
        while (many_lines && at_ < text_.size() && text_[at_] == quote) ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0, line_ = 1, parts_ = 1;
};

}  // namespace

std::optional<std::size_t> line_of_too_deep_key(std::string_view text) {
    return KeyScan(text).run();
}

}  // namespace honeyswitch
