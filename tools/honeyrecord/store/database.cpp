#include "tools/honeyrecord/store/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace honeyswitch::record {
namespace {

/// How long another process's lock is waited for.
constexpr int patience_ms = 2000;

DatabaseError error_of(sqlite3* handle) {
    return {sqlite3_errcode(handle) & 0xff, sqlite3_errmsg(handle)};
}

/// As SQLite's URI of a file has it.
std::string uri_of(const std::filesystem::path& path, bool frozen) {
    std::string text = "file:";
    for (const char letter : path.string()) {
        if (letter == '?' || letter == '#' || letter == '%')
            text += fmt::format("%{:02x}", static_cast<unsigned>(letter));
        else
            text += letter;
    }
    return frozen ? text + "?immutable=1" : text;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement& Statement::bind(int place, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), place, value);
    return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
    // A null destructor is SQLITE_STATIC: nothing is copied.
    sqlite3_bind_text(statement_.get(), place, value.data() == nullptr ? "" : value.data(),
                      static_cast<int>(value.size()), nullptr);
    return *this;
}

Statement& Statement::bind_null(int place) {
    sqlite3_bind_null(statement_.get(), place);
    return *this;
}

OfDatabase<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return std::unexpected(error_of(sqlite3_db_handle(statement_.get())));
}

OfDatabase<void> Statement::run() {
    const auto stepped = step();
    reset();
    if (!stepped) return std::unexpected(stepped.error());
    return {};
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* const text = sqlite3_column_text(statement_.get(), column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

OfDatabase<Database> Database::open(const std::filesystem::path& path, Access access) {
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    flags |= access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(uri_of(path, access == Access::frozen).c_str(), &handle, flags, nullptr);
    Database database(handle);
    if (code != SQLITE_OK)
        return std::unexpected(handle == nullptr ? DatabaseError{code, sqlite3_errstr(code)}
                                                 : error_of(handle));
    sqlite3_busy_timeout(handle, patience_ms);
    return database;
}

OfDatabase<void> Database::run(const std::string& statements) {
    if (sqlite3_exec(handle_.get(), statements.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return std::unexpected(error_of(handle_.get()));
    return {};
}

OfDatabase<Statement> Database::prepare(std::string_view statement) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), statement.data(), static_cast<int>(statement.size()),
                           SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) != SQLITE_OK)
        return std::unexpected(error_of(handle_.get()));
    return Statement(prepared);
}

OfDatabase<std::int64_t> Database::number(std::string_view query) {
    auto statement = prepare(query);
    if (!statement) return std::unexpected(statement.error());
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    return *row ? statement->integer(0) : 0;
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_.get());
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

}  // namespace honeyswitch::record
