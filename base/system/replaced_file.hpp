// A file that is written beside and renamed, so that whoever reads it finds all of it or what was there
// before.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/system/descriptor.hpp"

namespace honeyswitch {

/// One thread's. Errors are a clause: "PATH.new: No space left on device".
class ReplacedFile {
  public:
    /// Begins an empty PATH.new, which its owner alone may read. What is not finished stays there, until the
    /// next one begins.
    [[nodiscard]] static std::expected<ReplacedFile, std::string> begin(std::filesystem::path file);

    [[nodiscard]] std::expected<void, std::string> write(std::span<const std::uint8_t> bytes);
    [[nodiscard]] std::expected<void, std::string> write(std::string_view text);
    /// It is on the disk, and takes the place of the one before. Nothing may be written after it.
    [[nodiscard]] std::expected<void, std::string> finish();

  private:
    ReplacedFile(std::filesystem::path file, std::filesystem::path beside, Descriptor opened)
        : file_(std::move(file)), beside_(std::move(beside)), opened_(std::move(opened)) {}
    [[nodiscard]] std::string reason() const;

    std::filesystem::path file_, beside_;
    Descriptor opened_;
};

/// Renames a file that cannot be used to PATH.`word`. Returns what became of it, as the end of a sentence:
/// "set aside as PATH.broken", or "left there".
[[nodiscard]] std::string set_aside(const std::filesystem::path& file, std::string_view word);

}  // namespace honeyswitch
