#include "agent/vouchers/lease_file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace honeyswitch::agent {
namespace {

using std::chrono::seconds;

template <typename T>
std::optional<T> number_of(std::string_view text) {
    T value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

WallClock::time_point at_second(std::int64_t second) {
    // Far beyond any lease, and far below where the clock's own count overflows.
    constexpr std::int64_t last = std::int64_t{1} << 33;
    if (second >= last) return WallClock::time_point::max();
    // What ended before 1970 is as over as what ended then.
    return WallClock::time_point(seconds(std::max<std::int64_t>(second, 0)));
}

/// The words of dhcpd.leases(5): strings in quotes with backslashes, comments to the end of the line, and the
/// signs { } ; that stand for themselves.
class IscTokens {
  public:
    explicit IscTokens(std::string_view text) : rest_(text) {}

    /// nullopt: the end, perhaps within a string.
    std::optional<std::string_view> next() {
        skip_blank();
        if (rest_.empty()) return std::nullopt;
        if (rest_[0] == '"') return quoted();
        if (is_sign(rest_[0])) return take(1);
        std::size_t length = 0;
        while (length < rest_.size() && !is_blank(rest_[length]) && !is_sign(rest_[length])) ++length;
        return take(length);
    }

  private:
    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    static bool is_sign(char c) { return c == '{' || c == '}' || c == ';'; }

    std::string_view take(std::size_t length) {
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }
    void skip_blank() {
        while (!rest_.empty() && (is_blank(rest_[0]) || rest_[0] == '#')) {
            if (rest_[0] != '#')
                rest_.remove_prefix(1);
            else
                rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        }
    }
    std::optional<std::string_view> quoted() {
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '\\')
                ++i;
            else if (rest_[i] == '"')
                return take(i + 1);
        }
        rest_ = {};
        return std::nullopt;
    }

    std::string_view rest_;
};

/// "2 2026/11/23 10:00:00" (the day of the week first, always UTC), "epoch 1795428000", "never".
std::optional<WallClock::time_point> isc_time(const std::vector<std::string_view>& words) {
    if (words.size() == 2 && words[1] == "never") return WallClock::time_point::max();
    if (words.size() >= 3 && words[1] == "epoch") {
        const auto second = number_of<std::int64_t>(words[2]);
        return second ? std::optional(at_second(*second)) : std::nullopt;
    }
    if (words.size() < 4 || words[2].size() != 10 || words[3].size() != 8) return std::nullopt;
    const auto year = number_of<int>(words[2].substr(0, 4));
    const auto month = number_of<unsigned>(words[2].substr(5, 2)),
               day = number_of<unsigned>(words[2].substr(8));
    const auto hour = number_of<int>(words[3].substr(0, 2)), minute = number_of<int>(words[3].substr(3, 2)),
               second = number_of<int>(words[3].substr(6));
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    const auto of_day = std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
    return at_second((std::chrono::sys_days(date).time_since_epoch() + of_day) / seconds(1));
}

struct IscLease {
    std::optional<WallClock::time_point> ends;
    bool active = false;
};

/// What stands between the braces; false: the text ends before they close.
bool read_isc_lease(IscTokens& tokens, IscLease& lease) {
    std::vector<std::string_view> statement;
    for (int depth = 1; depth > 0;) {
        const auto token = tokens.next();
        if (!token) return false;
        if (*token == "{") {
            ++depth;
        } else if (*token == "}") {
            --depth;
            statement.clear();
        } else if (*token != ";") {
            statement.push_back(*token);
            continue;
        }
        if (depth == 1 && statement.size() >= 2 && statement[0] == "ends") lease.ends = isc_time(statement);
        if (depth == 1 && statement.size() == 3 && statement[0] == "binding" && statement[1] == "state")
            lease.active = statement[2] == "active";
        statement.clear();
    }
    return true;
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t begin = 0;;) {
        const auto comma = line.find(',', begin);
        fields.push_back(line.substr(begin, comma - begin));
        if (comma == std::string_view::npos) return fields;
        begin = comma + 1;
    }
}

/// Where the columns are: Kea's versions differ in their number.
struct KeaColumns {
    std::size_t address = 0, lifetime = 3, expire = 4, state = 9;

    void read(const std::vector<std::string_view>& header) {
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (header[i] == "address") address = i;
            if (header[i] == "valid_lifetime") lifetime = i;
            if (header[i] == "expire") expire = i;
            if (header[i] == "state") state = i;
        }
    }
    [[nodiscard]] std::size_t needed() const { return std::max({address, lifetime, expire, state}) + 1; }
};

bool read_kea_line(const std::vector<std::string_view>& fields, const KeaColumns& columns, Leases& leases) {
    if (fields.size() < columns.needed()) return false;
    const auto address = parse_address(fields[columns.address]);
    const auto lifetime = number_of<std::uint64_t>(fields[columns.lifetime]);
    const auto expire = number_of<std::int64_t>(fields[columns.expire]);
    const auto state = number_of<unsigned>(fields[columns.state]);
    if (!address || !lifetime || !expire || !state) return false;
    // State 0 is assigned; 1 is declined, 2 expired and reclaimed. A lifetime of 0 deletes, the highest is
    // for ever.
    if (*state != 0 || *lifetime == 0)
        leases.active.erase(*address);
    else
        leases.active[*address] = *lifetime >= 0xffffffff ? WallClock::time_point::max() : at_second(*expire);
    return true;
}

}  // namespace

Leases parse_isc_dhcpd(std::string_view text) {
    Leases leases;
    IscTokens tokens(text);
    std::string_view before;
    while (const auto word = tokens.next()) {
        const bool opens = before == "lease";
        before = *word;
        if (!opens) continue;
        const auto address = parse_address(*word);
        if (const auto brace = tokens.next(); !brace || brace != "{") continue;
        IscLease lease;
        if (!read_isc_lease(tokens, lease)) break;
        before = {};
        ++leases.entries;
        if (!address || (lease.active && !lease.ends))
            ++leases.malformed;
        else if (lease.active)
            leases.active[*address] = *lease.ends;
        else
            leases.active.erase(*address);
    }
    return leases;
}

Leases parse_kea_memfile(std::string_view text) {
    Leases leases;
    KeaColumns columns;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        auto line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        const auto fields = fields_of(line);
        if (fields[0] == "address") {
            columns.read(fields);
            continue;
        }
        ++leases.entries;
        if (!read_kea_line(fields, columns, leases)) ++leases.malformed;
    }
    return leases;
}

Leases parse_leases(LeaseFormat format, std::string_view text) {
    return format == LeaseFormat::isc_dhcpd ? parse_isc_dhcpd(text) : parse_kea_memfile(text);
}

}  // namespace honeyswitch::agent
