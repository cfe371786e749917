#include "control/events/event_json.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace honeyswitch::control {
namespace {

void append(std::string& line, std::uint64_t number) {
    const fmt::format_int text(number);
    line.append(text.data(), text.size());
}

void append_two(std::string& line, unsigned number) {
    line += static_cast<char>('0' + number / 10 % 10);
    line += static_cast<char>('0' + number % 10);
}

/// What is not UTF-8 is replaced, as a device may have any name.
void append_quoted(std::string& line, std::string_view text) {
    const bool plain = std::ranges::all_of(
        text, [](char letter) { return letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\'; });
    if (!plain) {
        line += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        return;
    }
    line += '"';
    line += text;
    line += '"';
}

std::string_view name_of_protocol(std::uint8_t number) {
    switch (number) {
        case protocol::icmp:
            return "ICMP";
        case protocol::tcp:
            return "TCP";
        case protocol::udp:
            return "UDP";
        case protocol::sctp:
            return "SCTP";
        default:
            return {};
    }
}

void append_address(std::string& line, Ipv4Address address) {
    for (unsigned shift = 32; shift != 0;) {
        shift -= 8;
        append(line, std::uint64_t{address.value >> shift & 0xffU});
        if (shift != 0) line += '.';
    }
}

/// "2026-11-27T03:40:00.123Z"
void append_time(std::string& line, WallMilliseconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    append(line, static_cast<std::uint64_t>(static_cast<int>(date.year())));
    line += '-';
    append_two(line, static_cast<unsigned>(date.month()));
    line += '-';
    append_two(line, static_cast<unsigned>(date.day()));
    line += 'T';
    append_two(line, static_cast<unsigned>(clock.hours().count()));
    line += ':';
    append_two(line, static_cast<unsigned>(clock.minutes().count()));
    line += ':';
    append_two(line, static_cast<unsigned>(clock.seconds().count()));
    const auto milliseconds = static_cast<unsigned>(clock.subseconds().count());
    line += '.';
    line += static_cast<char>('0' + milliseconds / 100);
    append_two(line, milliseconds % 100);
    line += 'Z';
}

/// One value of JSON, of whatever type a column has.
class Value {
  public:
    Value(std::string& line, const Event& event, const EventNames& names)
        : line_(line), event_(event), names_(names) {}

    void operator()(std::uint64_t number) const { append(line_, number); }
    void operator()(Milliseconds duration) const {
        append(line_, static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
    }
    void operator()(ClockMoment moment) const {
        if (moment.since < Milliseconds{0}) line_ += '-';
        append(line_, static_cast<std::uint64_t>(std::abs(moment.since.count())));
    }
    void operator()(WallMoment moment) const {
        line_ += '"';
        append_time(line_, event_.time + (moment.since - event_.at.time_since_epoch()));
        line_ += '"';
    }
    void operator()(VlanIds vlans) const {
        line_ += '[';
        for (std::size_t i = 0; i < vlans.count; ++i) {
            if (i != 0) line_ += ',';
            append(line_, std::uint64_t{vlans.ids.at(i)});
        }
        line_ += ']';
    }
    void operator()(TcpFlags flags) const {
        constexpr std::string_view digits = "0123456789abcdef";
        line_ += '"';
        line_ += digits[flags.value >> 4U];
        line_ += digits[flags.value & 15U];
        line_ += '"';
    }
    void operator()(SynIrregularity marks) const {
        line_ += '[';
        bool first = true;
        const std::array present{marks.no_options, marks.high_ttl, marks.ip_id, marks.sequence};
        for (std::size_t i = 0; i < present.size(); ++i) {
            if (!present.at(i)) continue;
            if (!std::exchange(first, false)) line_ += ',';
            append_quoted(line_, syn_irregularity_names.at(i));
        }
        line_ += ']';
    }
    void operator()(Ipv4Address address) const {
        line_ += '"';
        append_address(line_, address);
        line_ += '"';
    }
    void operator()(Ipv4Prefix prefix) const {
        line_ += '"';
        append_address(line_, prefix.network);
        line_ += '/';
        append(line_, std::uint64_t{prefix.length});
        line_ += '"';
    }
    void operator()(const MacAddress& mac) const { append_quoted(line_, to_string(mac)); }
    void operator()(const std::string& text) const { append_quoted(line_, text); }
    void operator()(dataplane::Step step) const {
        append_quoted(line_, dataplane::step_names.at(static_cast<std::size_t>(step)));
    }
    void operator()(ProtocolNumber number) const {
        const auto name = name_of_protocol(number.value);
        line_ += '"';
        if (name.empty())
            append(line_, std::uint64_t{number.value});
        else
            line_ += name;
        line_ += '"';
    }
    template <typename Number>
        requires requires(const EventNames& names, Number number) { names.of(number); }
    void operator()(Number number) const {
        append_quoted(line_, names_.of(number));
    }
    template <typename Word>
        requires std::is_enum_v<Word> && requires(Word word) { name_of(word); }
    void operator()(Word word) const {
        append_quoted(line_, name_of(word));
    }

  private:
    std::string& line_;
    const Event& event_;
    const EventNames& names_;
};

template <typename T>
void append_member(std::string& line, std::string_view name, const T& value, const Event& event,
                   const EventNames& names) {
    if constexpr (is_optional<T>) {
        if (value) append_member(line, name, *value, event, names);
    } else {
        if constexpr (std::is_same_v<T, std::string>)
            if (value.empty()) return;
        if constexpr (std::is_same_v<T, LinkNumber>)
            if (names.of(value).empty()) return;
        line += ",\"";
        line += name;
        line += "\":";
        Value(line, event, names)(value);
    }
}

}  // namespace

void append_json(std::string& line, const Event& event, const EventNames& names) {
    line += "{\"timestamp\":\"";
    append_time(line, event.time);
    line += "\",\"event_type\":\"";
    line += name_of(event.type());
    line += '"';
    std::visit(
        [&](const auto& body) {
            each_column(body.columns(), [&](const auto& column) {
                append_member(line, column.name, column(body), event, names);
            });
        },
        event.body);
    line += "}\n";
}

}  // namespace honeyswitch::control
