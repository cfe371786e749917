// What an operator asks for: the members of a request, checked.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/inspect/inspect.hpp"
#include "control/operator/event_stream.hpp"

namespace honeyswitch::control {

/// A member of a request, as it was written.
struct Said {
    std::string key, value;
};

struct Request {
    std::string command;
    std::uint32_t cursor = 0;
    std::uint64_t flow_cursor = 0;  ///< the same, where a page of flows begins
    std::size_t limit = 0;          ///< 1 to most_rows
    Ipv4Prefix source{{0}, 0};
    Ipv4Prefix destination{{0}, 0};
    bool replies = false;
    ProgressBy by = ProgressBy::port;
    std::optional<std::string> list;             ///< name of a list
    std::string link;                            ///< name of a link; empty: of all
    std::optional<Ipv4Prefix> prefix;            ///< of an entry of a list
    std::optional<Milliseconds> lifetime;        ///< of an entry of a list
    std::vector<Said> said{};                    ///< all members but the command
    std::optional<Milliseconds> confirm_within;  ///< of a reload
    std::optional<bool> on;                      ///< of maintenance
    EventFilter events;                          ///< that the client wants to be told of
};

/// The error is a sentence.
[[nodiscard]] std::expected<Request, std::string> parse_request(std::string_view line);

}  // namespace honeyswitch::control
