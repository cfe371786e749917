// SQLite's handles, each with one owner.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace honeyswitch::record {

/// What SQLite says, and the code that it says it by.
struct DatabaseError {
    int code = 0;  ///< SQLITE_BUSY and others, without their extended parts
    std::string reason{};
};
template <typename T>
using OfDatabase = std::expected<T, DatabaseError>;

/// A prepared statement. Values are bound by their place, from 1 on.
class Statement {
  public:
    Statement(Statement&&) noexcept = default;
    Statement& operator=(Statement&&) noexcept = default;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() = default;

    Statement& bind(int place, std::int64_t value);
    /// The text must live until the statement was run.
    Statement& bind(int place, std::string_view value);
    Statement& bind_null(int place);
    template <typename T>
    Statement& bind(int place, const std::optional<T>& value) {
        return value ? bind(place, static_cast<std::int64_t>(*value)) : bind_null(place);
    }

    /// True: there is a row, whose columns can be read.
    [[nodiscard]] OfDatabase<bool> step();
    /// Runs what has no rows, and makes it ready to be bound and run again.
    [[nodiscard]] OfDatabase<void> run();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    void reset();

  private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
  public:
    enum class Access : std::uint8_t {
        read,    ///< of a file that is there
        frozen,  ///< the same, of a file that nobody writes to, in a folder that may not be written
        write,   ///< the file is made if there is none
    };
    [[nodiscard]] static OfDatabase<Database> open(const std::filesystem::path& path, Access access);

    /// One statement or several, without values.
    [[nodiscard]] OfDatabase<void> run(const std::string& statements);
    [[nodiscard]] OfDatabase<Statement> prepare(std::string_view statement);
    /// The first column of the first row.
    [[nodiscard]] OfDatabase<std::int64_t> number(std::string_view query);
    /// Rows that the latest statement changed.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] bool in_transaction() const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    explicit Database(sqlite3* handle) : handle_(handle) {}

    std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace honeyswitch::record
