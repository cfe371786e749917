// The tables of the store, and how a file says that it is one.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tools/honeyrecord/store/database.hpp"

namespace honeyswitch::record {

/// SQLite's application_id of a store: "HRec".
inline constexpr std::int64_t store_mark = 0x48526563;
/// SQLite's user_version. Another shape of the tables has another number.
inline constexpr std::int64_t store_version = 1;

/// How far a session came, in the order of the number that the store has for it.
inline constexpr std::array<std::string_view, 4> stages{"first_packet", "answered", "handshake", "payload"};
/// Nothing: there is no such stage.
[[nodiscard]] std::optional<std::int64_t> stage_number(std::string_view name);

/// The path of the store that a package's honeyrecord writes.
inline constexpr std::string_view usual_store = "/var/lib/honeyrecord/sessions.db";

/// Makes the tables in a new file, and refuses one that is no store or of a newer version. Errors: a
/// sentence that names the file.
[[nodiscard]] std::expected<Database, std::string> open_for_writing(const std::filesystem::path& path);
/// The same for reading: nothing is made. The process that writes goes on meanwhile.
[[nodiscard]] std::expected<Database, std::string> open_for_reading(const std::filesystem::path& path);

/// "the store PATH is locked by another process", and the like.
[[nodiscard]] std::string sentence_of(const std::filesystem::path& path, const DatabaseError& error);

}  // namespace honeyswitch::record
