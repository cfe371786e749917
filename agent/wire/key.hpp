// The secret that an agent and a controller share, and the file that holds it.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>

#include "base/error.hpp"

namespace honeyswitch::agent {

using Key = std::array<std::uint8_t, 32>;

/// Makes libsodium ready: it picks the implementations that this processor is fastest at, and its source of
/// random numbers. main() calls it once, before any other thread is there and before anything is encrypted.
/// Error: the machine has no source of random numbers.
[[nodiscard]] std::expected<void, Error> start_cryptography();

/// Reads a key file: 64 hexadecimal digits, white space around them. Errors: it cannot be read, is no regular
/// file, can be read or written by group or others, or holds something else.
[[nodiscard]] std::expected<Key, Error> load_key(const std::filesystem::path& path);

/// Writes a new random key with mode 0600. Errors: the path exists (a key is never overwritten), or cannot be
/// written.
[[nodiscard]] std::expected<void, Error> generate_key(const std::filesystem::path& path);

}  // namespace honeyswitch::agent
