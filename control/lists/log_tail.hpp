// A log, followed by its name as it grows, is rotated, cut off or appears.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/system/descriptor.hpp"

namespace honeyswitch::control {

/// Of a file that exists already only what is written from now on counts; one that appears later is read from
/// its beginning. A renamed file is followed until its successor has something in it, as its writer learns
/// of the rename only later.
class LogTail {
  public:
    /// Of one read().
    static constexpr std::size_t portion = 65'536;
    /// Longer lines are left out.
    static constexpr std::size_t longest_line = 4096;

    explicit LogTail(std::filesystem::path file);

    /// Hands each complete line of at most a portion of what is new to `each`, without its end. True: there
    /// may be more.
    bool read(const std::function<void(std::string_view)>& each);

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    /// Why there is nothing to follow (an errno); 0: there is.
    [[nodiscard]] int error() const { return error_; }
    /// The same in words.
    [[nodiscard]] std::string reason() const;

  private:
    struct Identity {
        dev_t device{};
        ino_t inode{};
        friend bool operator==(const Identity&, const Identity&) = default;
    };

    enum class Begin : std::uint8_t { at_start, at_end };

    [[nodiscard]] bool open(Begin where);
    void begin_at_end();
    /// At the end of the file: whether there is another of its name with something in it, or it was cut off,
    /// so that reading begins anew.
    [[nodiscard]] bool begin_anew();
    void split(std::string_view text, const std::function<void(std::string_view)>& each);
    void keep(std::string_view text);

    std::filesystem::path file_;
    Descriptor descriptor_;
    Identity identity_;
    off_t offset_ = 0;
    std::vector<char> buffer_;
    std::string partial_;    ///< a line whose end is not there yet
    bool skipping_ = false;  ///< that line is left out
    int error_ = 0;
    bool missing_ = false;  ///< there was no such file: whatever appears is new
};

}  // namespace honeyswitch::control
