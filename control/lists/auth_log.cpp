#include "control/lists/auth_log.hpp"

#include <algorithm>
#include <charconv>

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

/// How many words date, time and host are, by the first of them; 0: there are none.
int words_before_tag(std::string_view line) {
    const auto is_digit = [](std::string_view word) {
        return !word.empty() && word.front() >= '0' && word.front() <= '9';
    };
    const auto first = next_word(line), second = next_word(line);
    if (first.ends_with(':')) return 0;
    if (is_digit(first)) return 2;  // 2026-11-25T04:00:00+00:00 HOST
    return is_digit(second) && second.contains('-')
               ? 5
               : 4;  // Wed 2026-11-25 04:00:00 UTC HOST, Nov 25 04:00:00 HOST
}

/// What sshd said, if it was sshd. The program's tag has its place behind date and host, which are nobody's
/// choice: what looks like one further on is what some program quotes.
std::optional<std::string_view> message_of_sshd(std::string_view line) {
    for (int words = words_before_tag(line); words > 0; --words) (void)next_word(line);
    auto tag = next_word(line);
    if (!consume_end(tag, ":") || !consume_end(tag, "]") || !line.starts_with(' ')) return std::nullopt;
    if (!consume(tag, "sshd[") && !consume(tag, "sshd-session[")) return std::nullopt;
    if (!number_of<std::uint32_t>(tag)) return std::nullopt;
    return line.substr(1);
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

std::optional<FailedLogin> failed_login(std::string_view line) {
    const auto message = message_of_sshd(line);
    if (!message || message->size() > longest_message) return std::nullopt;
    auto what = *message;
    const unsigned times = consume_repetition(what);
    auto login = failure_in(what);
    if (login) login->times = times;
    return login;
}

}  // namespace honeyswitch::control
