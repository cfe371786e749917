// Reads a file of state block by block, so that one of any size takes the memory of one block.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/system/descriptor.hpp"
#include "control/state/state_format.hpp"

namespace honeyswitch::control {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    /// Fills `room`, or as much of it as there are bytes left. Returns how many. Errors: a clause.
    [[nodiscard]] virtual std::expected<std::size_t, std::string> read(std::span<std::uint8_t> room) = 0;
    /// Back to the beginning.
    virtual void rewind() = 0;

  protected:
    ByteSource() = default;
    ByteSource(const ByteSource&) = default;
    ByteSource& operator=(const ByteSource&) = default;
};

class FileSource final : public ByteSource {
  public:
    /// nullopt: there is no such file. Errors: a clause.
    [[nodiscard]] static std::expected<std::optional<FileSource>, std::string> open(
        const std::filesystem::path& file);

    [[nodiscard]] std::expected<std::size_t, std::string> read(std::span<std::uint8_t> room) override;
    void rewind() override { offset_ = 0; }

  private:
    explicit FileSource(Descriptor opened) : opened_(std::move(opened)) {}

    Descriptor opened_;
    std::uint64_t offset_ = 0;
};

class StateReader {
  public:
    /// `source` outlives this, and is at its beginning.
    explicit StateReader(ByteSource& source) : source_(source) {}

    /// Once, before the blocks.
    [[nodiscard]] std::expected<StateHeader, StateFlaw> header();
    /// nullopt: that was all, and it is complete. What it returns is good until the next call.
    [[nodiscard]] std::expected<std::optional<StateBlock>, StateFlaw> next();
    /// What was read so far.
    [[nodiscard]] const StateTotals& totals() const { return totals_; }

  private:
    [[nodiscard]] std::expected<void, StateFlaw> fill(std::size_t bytes);
    [[nodiscard]] std::expected<void, StateFlaw> finish(const StateBlock& end);
    void count(const StateBlock& block);
    [[nodiscard]] StateFlaw flaw(const std::string& reason) const;

    ByteSource& source_;
    StateBytes bytes_;
    std::uint64_t blocks_ = 0;
    StateTotals totals_;
};

/// Reads all of it, and leaves the source at its beginning. Errors: of the first flaw.
[[nodiscard]] std::expected<StateHeader, StateFlaw> check_state(ByteSource& source);

}  // namespace honeyswitch::control
