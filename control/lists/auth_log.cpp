#include "control/lists/auth_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace honeyswitch::control {
namespace {

constexpr auto nowhere = std::string_view::npos;

/// sshd cuts its message off at 1,024 bytes, and what an attacker made it say last would then be at the end.
/// The honest ones are far shorter: a user's name has at most 100 bytes there (200 in "Connection closed"),
/// each of which may be written as four.
constexpr std::size_t longest_message = 900;

bool consume(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool consume_end(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

template <typename T>
std::optional<T> number_of(std::string_view digits) {
    T value{};
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

/// The next word of a line, behind any number of blanks.
std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

/// "10:00:00.123", "2026-11-25T04:00:00+01:00", "23", "<38>", "[12345.678901]", "<", "0.0001>]"
bool is_time(std::string_view word) {
    return word.find_first_not_of("0123456789:.,+-TZ[]<>") == nowhere;
}

bool is_weekday(std::string_view word) {
    constexpr std::array<std::string_view, 7> names{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    return is_one_of(word, names);
}

/// "Nov", "<38>Nov"
bool is_month(std::string_view word) {
    constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (const auto end = word.rfind('>'); word.starts_with('<') && end != nowhere)
        word.remove_prefix(end + 1);
    return is_one_of(word, names);
}

/// "auth.info", "<authpriv.notice>", "auth|security:info"
bool is_facility(std::string_view word) {
    constexpr std::array<std::string_view, 5> names{"auth", "authpriv", "security", "daemon", "user"};
    if (consume(word, "<") && !consume_end(word, ">")) return false;
    const auto end = word.find_first_of(".|:");
    return end != nowhere && is_one_of(word.substr(0, end), names);
}

/// The program of a tag such as "sshd[123]", with or without a path; or the unit, as `journalctl -o
/// with-unit` has it: "ssh.service[123]", "sshd@7-192.0.2.1:22-198.51.100.7:4711.service[123]".
bool is_sshd(std::string_view tag) {
    constexpr std::array<std::string_view, 3> programs{"sshd", "sshd-session", "sshd-auth"};
    constexpr std::array<std::string_view, 2> units{"ssh", "sshd"};
    const auto bracket = tag.find('[');
    if (bracket == nowhere || !consume_end(tag, "]")) return false;
    if (!number_of<std::uint32_t>(tag.substr(bracket + 1))) return false;
    auto name = tag.substr(0, bracket);
    if (consume_end(name, ".service")) return is_one_of(name.substr(0, name.find('@')), units);
    if (name.starts_with('/')) name.remove_prefix(name.rfind('/') + 1);
    return is_one_of(name, programs);
}

/// RFC 5424: "<38>1 TIME HOST sshd 123 - - WHAT"; each word has its place.
std::optional<std::string_view> message_of_rfc5424(std::string_view line) {
    constexpr std::array<std::string_view, 3> programs{"sshd", "sshd-session", "sshd-auth"};
    const auto version = next_word(line);
    if (!version.starts_with('<') || !version.ends_with(">1")) return std::nullopt;
    const auto time = next_word(line), host = next_word(line), program = next_word(line);
    const auto process = next_word(line), id = next_word(line), data = next_word(line);
    if (!is_time(time) || host.empty() || id.empty() || data != "-") return std::nullopt;
    if (!is_one_of(program, programs) || !number_of<std::uint32_t>(process)) return std::nullopt;
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    consume(line, " ");
    consume(line, byte_order_mark);
    return line;
}

/// Solaris puts "[ID 800047 auth.info] " before what is said.
void consume_message_id(std::string_view& message) {
    auto rest = message;
    if (!consume(rest, "[ID ")) return;
    const auto number = next_word(rest), facility = next_word(rest);
    if (number_of<std::uint64_t>(number) && facility.ends_with(']') && is_facility(facility)) message = rest;
}

bool is_zone(std::string_view word) {
    constexpr std::string_view upper_case = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return word.size() <= 5 && word.find_first_not_of(upper_case) == nowhere;
}

std::optional<std::string_view> message_behind(std::string_view tag, std::string_view line) {
    if (!is_sshd(tag) || !line.starts_with(' ')) return std::nullopt;
    const auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(' '), line.size())); };
    skip_blanks();
    consume_message_id(line);
    skip_blanks();
    return line;
}

/// "message repeated 3 times: [ WHAT]" becomes WHAT; 1 if it is nothing of the kind.
unsigned consume_repetition(std::string_view& message) {
    auto rest = message;
    if (!consume(rest, "message repeated ") || !consume_end(rest, "]")) return 1;
    const auto end = rest.find(" times: [ ");
    const auto times = number_of<unsigned>(rest.substr(0, end));
    if (end == nowhere || !times || *times == 0) return 1;
    message = rest.substr(end + std::string_view(" times: [ ").size());
    return *times;
}

/// The "ADDRESS port PORT" that `text` ends in, after a blank.
std::optional<FailedLogin> source_at_end(std::string_view text) {
    constexpr std::string_view between = " port ";
    const auto port_at = text.rfind(between);
    if (port_at == nowhere) return std::nullopt;
    const auto port = number_of<std::uint16_t>(text.substr(port_at + between.size()));
    text = text.substr(0, port_at);
    const auto blank = text.rfind(' ');
    if (!port || blank == nowhere || text.size() - blank > sizeof "255.255.255.255") return std::nullopt;
    const auto address = parse_address(text.substr(blank + 1));
    if (!address) return std::nullopt;
    return FailedLogin{.address = *address, .port = *port};
}

/// The same, after the word "from".
std::optional<FailedLogin> from_at_end(std::string_view text) {
    constexpr std::string_view word = " from";
    const auto from = text.rfind(" from ");
    if (from == nowhere) return std::nullopt;
    text.remove_prefix(from + word.size());
    return text.find(' ', 1) == text.find(" port ") ? source_at_end(text) : std::nullopt;
}

std::optional<FailedLogin> as_connection(std::optional<FailedLogin> login) {
    if (login) login->once_per_connection = true;
    return login;
}

/// "Failed METHOD for USER from ADDRESS port PORT ssh2"
std::optional<FailedLogin> failed_method(std::string_view message) {
    if (!consume(message, "password for ") && !consume(message, "keyboard-interactive for ") &&
        !consume(message, "keyboard-interactive/"))
        return std::nullopt;
    if (!consume_end(message, " ssh2")) return std::nullopt;
    return from_at_end(message);
}

/// "Failed publickey for invalid user USER from ADDRESS port PORT ssh2: KEY". After the address a certificate
/// says what it likes, before it the user does; so every such place has to name the same source.
std::optional<FailedLogin> failed_key(std::string_view message) {
    constexpr std::string_view after = " ssh2";
    std::optional<FailedLogin> found;
    for (auto at = message.find(after); at != nowhere; at = message.find(after, at + 1)) {
        const auto next = message.substr(at + after.size());
        if (!next.empty() && next[0] != ':') continue;
        // What looks like the place but names no IPv4 source may be the true one.
        const auto source = from_at_end(message.substr(0, at));
        if (!source || (found && *found != *source)) return std::nullopt;
        found = source;
    }
    return as_connection(found);
}

/// "Connection closed by authenticating user USER ADDRESS port PORT [preauth]"
std::optional<FailedLogin> given_up(std::string_view message) {
    if (!consume(message, "authenticating user ") && !consume(message, "invalid user ")) return std::nullopt;
    consume_end(message, " [preauth]");
    return as_connection(source_at_end(message));
}

/// "maximum authentication attempts exceeded for USER from ADDRESS port PORT ssh2 [preauth]"
std::optional<FailedLogin> too_many_attempts(std::string_view message) {
    consume_end(message, " [preauth]");
    if (!consume_end(message, " ssh2")) return std::nullopt;
    return as_connection(from_at_end(message));
}

std::optional<FailedLogin> failure_in(std::string_view message) {
    consume(message, "error: ");
    if (consume(message, "Failed publickey for invalid user ")) return failed_key(message);
    if (consume(message, "Failed ")) return failed_method(message);
    if (consume(message, "Invalid user")) return as_connection(from_at_end(message));
    if (consume(message, "maximum authentication attempts exceeded for ")) return too_many_attempts(message);
    for (const std::string_view how : {"Connection closed by ", "Connection reset by ", "Disconnected from "})
        if (consume(message, how)) return given_up(message);
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> sshd_message(std::string_view line) {
    // The writer's tag is the first word that ends in a colon. What comes before it is written by syslog or
    // journald alone, and is none of anybody's choice; so no tag that somebody else's text quotes is
    // believed, and neither is one behind a word that is no part of any header.
    constexpr int most_words = 12;
    if (auto message = message_of_rfc5424(line)) return message;
    bool host_seen = false, zone_may_come = false;
    for (int i = 0; i < most_words && !line.empty(); ++i) {
        const auto word = next_word(line);
        if (is_time(word) || is_month(word)) continue;
        if (word.ends_with(':')) return message_behind(word.substr(0, word.size() - 1), line);
        if (is_facility(word)) continue;
        if (i == 0 && is_weekday(word)) {
            zone_may_come = true;
            continue;
        }
        if (is_zone(word) && std::exchange(zone_may_come, false)) continue;
        if (std::exchange(host_seen, true)) return std::nullopt;
    }
    return std::nullopt;
}

bool looks_like_failed_login(std::string_view line) {
    constexpr std::array<std::string_view, 5> phrases{
        "Failed password for ", "Invalid user ", "authentication attempts exceeded for ",
        "closed by authenticating user ", "closed by invalid user "};
    return std::ranges::any_of(phrases, [&](std::string_view phrase) { return line.contains(phrase); });
}

std::optional<FailedLogin> failed_login(std::string_view line) {
    const auto message = sshd_message(line);
    return message ? failed_login_in(*message) : std::nullopt;
}

std::optional<FailedLogin> failed_login_in(std::string_view message) {
    if (message.size() > longest_message) return std::nullopt;
    auto what = message;
    const unsigned times = consume_repetition(what);
    auto login = failure_in(what);
    if (login) login->times = times;
    return login;
}

}  // namespace honeyswitch::control
