// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// A client of MariaDB's text protocol (MariaDB documentation, "Client/Server Protocol"): statements that give one row of one column. Each has one right
/// answer; one request in eight shows the patch.
/// </summary>
public sealed class MariaDbClient : ILoadClient
{
    private const byte Query = 3, Eof = 0xfe, Null = 0xfb, Error = 0xff;
    private const int HeaderLength = 4;

    private readonly LineConnection _connection;
    private readonly byte[] _statement;
    private readonly byte[] _old;
    private readonly byte[] _new;
    private readonly byte[] _request = new byte[1024];

    /// <param name="statement">The statement that shows the patch.</param>
    /// <param name="old">Its answer without the patch.</param>
    /// <param name="new">And with it.</param>
    /// <exception cref="InvalidDataException">The server did not let us in.</exception>
    public MariaDbClient(int port, string statement, string old, string @new)
    {
        _statement = Encoding.UTF8.GetBytes(statement);
        _old = Encoding.UTF8.GetBytes(old);
        _new = Encoding.UTF8.GetBytes(@new);
        _connection = new(port);
        _ = ReadPacket(); // the server speaks first
        SayHello();
        ReadOnlySpan<byte> answer = ReadPacket();
        if (answer.IsEmpty || answer[0] != 0)
        {
            throw new InvalidDataException($"not let in: {Encoding.UTF8.GetString(answer)}");
        }
    }

    public Reply Exchange(long number)
    {
        if (number % 8 == 7)
        {
            ReadOnlySpan<byte> shown = Ask(_statement, out bool isRow);
            return !isRow ? Reply.Wrong : shown.SequenceEqual(_old) ? Reply.Old : shown.SequenceEqual(_new) ? Reply.New : Reply.Wrong;
        }
        Span<byte> statement = stackalloc byte[64];
        "select concat('row ', "u8.CopyTo(statement);
        Utf8Formatter.TryFormat(number, statement[22..], out int digits);
        statement[22 + digits] = (byte)')';
        ReadOnlySpan<byte> value = Ask(statement[..(23 + digits)], out bool came);
        return came && value.StartsWith("row "u8) && value[4..].SequenceEqual(statement.Slice(22, digits)) ? Reply.Plain : Reply.Wrong;
    }

    /// <summary>The one value of a statement's answer; "NULL" where it is none.</summary>
    /// <exception cref="InvalidDataException">There is no such answer.</exception>
    public string Ask(string statement)
    {
        ReadOnlySpan<byte> value = Ask(Encoding.UTF8.GetBytes(statement), out bool came);
        return came ? value.IsEmpty ? "NULL" : Encoding.UTF8.GetString(value) : throw new InvalidDataException($"no row came back: {Encoding.UTF8.GetString(value)}");
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>The value of the one row; empty for NULL. Valid until the next packet but one, which is the next request's.</summary>
    private ReadOnlySpan<byte> Ask(ReadOnlySpan<byte> statement, out bool isRow)
    {
        Send(0, Query, statement);
        isRow = false;
        ReadOnlySpan<byte> columns = ReadPacket();
        if (columns.IsEmpty || columns[0] != 1)
        {
            return columns.IsEmpty || columns[0] != Error ? [] : columns[9..]; // past number and state of the error
        }
        while (!IsEof(ReadPacket()))
        {
        }
        int length = 0;
        for (ReadOnlySpan<byte> row; !IsEof(row = ReadPacket());)
        {
            isRow = !isRow; // a second row is wrong
            length = row[0] == Null ? 0 : row[0];
            row.Slice(1, length).CopyTo(_request);
        }
        return _request.AsSpan(0, length);
    }

    private static bool IsEof(ReadOnlySpan<byte> packet) => packet.Length is > 0 and < 9 && packet[0] == Eof;

    // Protocol 4.1, secure connection, named plugin; maximum packet, character set, 23 zeros, user, no password.
    private void SayHello()
    {
        ReadOnlySpan<byte> body = [0x82, 0x08, 0x00, 0, 0, 0, 1, 33, .. new byte[23], .. "root\0"u8, 0, .. "mysql_native_password\0"u8];
        Send(1, 0x00, body);
    }

    private void Send(byte sequence, byte first, ReadOnlySpan<byte> rest)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_request, rest.Length + 1);
        _request[3] = sequence;
        _request[HeaderLength] = first;
        rest.CopyTo(_request.AsSpan(HeaderLength + 1));
        _connection.Send(_request.AsSpan(0, HeaderLength + 1 + rest.Length));
    }

    private ReadOnlySpan<byte> ReadPacket()
    {
        ReadOnlySpan<byte> header = _connection.ReadBytes(HeaderLength);
        return _connection.ReadBytes(header[0] | (header[1] << 8) | (header[2] << 16));
    }
}
