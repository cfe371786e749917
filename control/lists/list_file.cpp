#include "control/lists/list_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace honeyswitch::control {
namespace {

constexpr std::string_view blank = " \t\r";
constexpr std::size_t longest_source = sizeof "255.255.255.255/32" - 1;

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

/// The file may be anything, perhaps no text at all: what a message quotes is short and printable.
std::string quoted(std::string_view text) {
    constexpr std::size_t most = 40;
    std::string shown(text.substr(0, most));
    std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    return fmt::format("'{}{}'", shown, text.size() > most ? "..." : "");
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// Where a comment begins, of whatever kind published lists have; npos: nowhere.
std::size_t comment_in(std::string_view line) {
    return std::min(line.find_first_of("#;"), line.find("//"));
}

/// "10.0.0.1; 10.0.0.2" means two of them, and nobody would see that one is missing.
bool hides_a_source(std::string_view comment) {
    if (!comment.starts_with(';')) return false;
    const auto text = trim(comment.substr(1));
    return parse_source(trim(text.substr(0, comment_in(text)))).has_value();
}

}  // namespace

std::string text_of_source(Ipv4Prefix prefix) {
    return prefix.length == 32 ? to_string(prefix.network) : to_string(prefix);
}

std::expected<Ipv4Prefix, std::string> parse_source(std::string_view text) {
    if (text.find_first_of(blank) != std::string_view::npos)
        return std::unexpected(
            fmt::format("{} is more than one address or prefix: a line has one; #, ; or // begins a comment",
                        quoted(text)));
    if (text.size() > longest_source || !is_printable(text))
        return std::unexpected(fmt::format("{} is not an IPv4 address or prefix", quoted(text)));
    auto prefix = parse_address_or_prefix(text);
    if (prefix && prefix->length < shortest_listed_prefix)
        return std::unexpected(
            fmt::format("'{}' is shorter than /{}, the shortest prefix that a list may have", text,
                        shortest_listed_prefix));
    return prefix;
}

bool is_ipv6_source(std::string_view text) {
    const auto slash = text.find('/');
    const std::string address(text.substr(0, slash));
    in6_addr parsed{};
    if (address.contains('\0') || inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return false;
    if (slash == std::string_view::npos) return true;
    const auto digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    return failure == std::errc{} && end == digits.data() + digits.size() && length <= 128;
}

ListComplaint ListComplaint::of_line(const std::filesystem::path& file, std::size_t line,
                                     std::string reason) {
    return {{line == 0 ? file.string() : fmt::format("{}:{}", file.string(), line), std::move(reason)},
            Kind::text};
}

ListComplaint ListComplaint::of_system(const std::filesystem::path& file, int error) {
    return {{file.string(), std::strerror(error)}, error == ENOENT ? Kind::missing : Kind::unreadable};
}

ListParser::ListParser(std::filesystem::path file, ListFileLimits limits)
    : file_(std::move(file)), limits_(limits) {}

std::unexpected<ListComplaint> ListParser::fail(std::size_t line, std::string reason) const {
    return std::unexpected(ListComplaint::of_line(file_, line, std::move(reason)));
}

std::expected<void, ListComplaint> ListParser::feed(std::string_view portion) {
    bytes_ += portion.size();
    if (bytes_ > limits_.bytes) return fail(0, fmt::format("it has more than {} bytes", limits_.bytes));
    for (auto end = portion.find('\n'); end != std::string_view::npos; end = portion.find('\n')) {
        partial_ += portion.substr(0, end);
        if (auto read = read_line(partial_); !read) return read;
        partial_.clear();
        portion.remove_prefix(end + 1);
    }
    partial_ += portion;
    if (partial_.size() > limits_.line) return read_line(partial_);  // which refuses it
    settle_fresh();
    return {};
}

std::expected<void, ListComplaint> ListParser::read_line(std::string_view line) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some editors begin every file with it
    if (++line_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (line.size() > limits_.line)
        return fail(line_, fmt::format("{} goes on for more than {} bytes", quoted(line), limits_.line));
    const auto comment = comment_in(line);
    const auto text = trim(line.substr(0, comment));
    if (text.empty()) return {};
    if (is_ipv6_source(text)) {
        ++ipv6_;
        return {};
    }
    // A comment that hides a source is handed in with the rest, for the sentence to show it.
    const bool hides = comment != std::string_view::npos && hides_a_source(line.substr(comment));
    const auto prefix = parse_source(hides ? trim(line) : text);
    if (!prefix) return fail(line_, prefix.error());
    if (entries_ == limits_.entries)
        return fail(line_, fmt::format("it has more than {} addresses and prefixes", limits_.entries));
    ++entries_;
    fresh_.push_back(*prefix);
    return {};
}

void ListParser::settle_fresh() {
    if (fresh_.empty()) return;
    std::ranges::sort(fresh_);
    const auto doubled = std::ranges::unique(fresh_);
    fresh_.erase(doubled.begin(), doubled.end());
    if (!runs_.empty() && runs_.back().back() < fresh_.front()) {  // a file that is in order needs no merging
        runs_.back().insert(runs_.back().end(), fresh_.begin(), fresh_.end());
        fresh_.clear();
    } else {
        runs_.push_back(std::exchange(fresh_, {}));
    }
    while (runs_.size() > 1 && runs_[runs_.size() - 2].size() <= 2 * runs_.back().size()) merge_last_two();
}

void ListParser::merge_last_two() {
    const auto last = std::move(runs_.back());
    runs_.pop_back();
    std::vector<Ipv4Prefix> merged;
    merged.reserve(runs_.back().size() + last.size());
    std::ranges::set_union(runs_.back(), last, std::back_inserter(merged));
    runs_.back() = std::move(merged);
}

std::expected<std::vector<Ipv4Prefix>, ListComplaint> ListParser::finish() {
    if (auto read = read_line(partial_); !read) return std::unexpected(read.error());
    settle_fresh();
    while (runs_.size() > 1) merge_last_two();
    return runs_.empty() ? std::vector<Ipv4Prefix>{} : std::move(runs_.front());
}

std::expected<std::vector<Ipv4Prefix>, ListComplaint> parse_list(std::filesystem::path file,
                                                                 std::string_view text,
                                                                 ListFileLimits limits) {
    ListParser parser(std::move(file), limits);
    if (auto fed = parser.feed(text); !fed) return std::unexpected(fed.error());
    return parser.finish();
}

std::expected<Descriptor, ListComplaint> open_list_file(const std::filesystem::path& file) {
    Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!opened || fstat(opened.get(), &status) != 0)
        return std::unexpected(ListComplaint::of_system(file, errno));
    // An empty pipe is no empty list.
    if (S_ISREG(status.st_mode)) return opened;
    return std::unexpected(
        ListComplaint{{file.string(), "not a regular file"}, ListComplaint::Kind::unreadable});
}

std::expected<std::vector<Ipv4Prefix>, ListComplaint> read_list_file(const std::filesystem::path& file,
                                                                     ListFileLimits limits) {
    const auto opened = open_list_file(file);
    if (!opened) return std::unexpected(opened.error());
    ListParser parser(file, limits);
    std::vector<char> portion(65'536);
    while (true) {
        const auto size = read(opened->get(), portion.data(), portion.size());
        if (size < 0) return std::unexpected(ListComplaint::of_system(file, errno));
        if (size == 0) return parser.finish();
        if (auto fed = parser.feed({portion.data(), static_cast<std::size_t>(size)}); !fed)
            return std::unexpected(fed.error());
    }
}

}  // namespace honeyswitch::control
