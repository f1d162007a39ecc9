// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// A client of memcached's text protocol. Each connection owns its keys, so it knows what each get must give: the bytes of
/// its latest set. One request in eight asks for the version, which shows the patch: a connection belongs to one thread of
/// the server, so after the first new reply no old one may come.
/// </summary>
public sealed class MemcachedClient : ILoadClient
{
    private const int Keys = 64;
    private const int ValueLength = 128;

    private readonly LineConnection _connection;
    private readonly byte[] _oldVersion;
    private readonly byte[] _request = new byte[ValueLength + 64];
    private readonly byte[] _value = new byte[ValueLength];
    private readonly byte[] _key = new byte[32];
    private readonly long[] _stored = new long[Keys];
    private readonly int _prefixLength;
    private bool _sawNew;

    /// <param name="owner">A number of its own for each connection ever made to this server.</param>
    /// <param name="oldVersion">The line that the unpatched server answers to `version`.</param>
    public MemcachedClient(int port, int owner, byte[] oldVersion)
    {
        _connection = new(port);
        _oldVersion = oldVersion;
        "wf"u8.CopyTo(_key);
        Utf8Formatter.TryFormat(owner, _key.AsSpan(2), out int digits);
        _key[2 + digits] = (byte)':';
        _prefixLength = 3 + digits;
    }

    public Reply Exchange(long number)
    {
        if (number % 8 == 7)
        {
            return AskVersion();
        }
        int slot = (int)(number / 2 % Keys);
        Utf8Formatter.TryFormat(slot, _key.AsSpan(_prefixLength), out int digits);
        ReadOnlySpan<byte> key = _key.AsSpan(0, _prefixLength + digits);
        return number % 2 == 0 ? Set(key, slot, number + 1) : Get(key, slot);
    }

    public void Dispose() => _connection.Dispose();

    private Reply AskVersion()
    {
        _connection.Send("version\r\n"u8);
        ReadOnlySpan<byte> line = _connection.ReadLine();
        if (!line.StartsWith("VERSION "u8))
        {
            return Reply.Wrong;
        }
        if (!line.SequenceEqual(_oldVersion))
        {
            _sawNew = true;
            return Reply.New;
        }
        return _sawNew ? Reply.Mixed : Reply.Old;
    }

    private Reply Set(ReadOnlySpan<byte> key, int slot, long content)
    {
        Fill(content);
        int length = Append(0, "set "u8);
        length = Append(length, key);
        length = Append(length, " 0 0 128\r\n"u8);
        length = Append(length, _value);
        length = Append(length, "\r\n"u8);
        _connection.Send(_request.AsSpan(0, length));
        _stored[slot] = content;
        return _connection.ReadLine().SequenceEqual("STORED"u8) ? Reply.Plain : Reply.Wrong;
    }

    private Reply Get(ReadOnlySpan<byte> key, int slot)
    {
        int length = Append(0, "get "u8);
        length = Append(length, key);
        length = Append(length, "\r\n"u8);
        _connection.Send(_request.AsSpan(0, length));
        ReadOnlySpan<byte> line = _connection.ReadLine();
        if (line.SequenceEqual("END"u8))
        {
            return _stored[slot] == 0 ? Reply.Plain : Reply.Wrong;
        }
        if (!line.StartsWith("VALUE "u8) || !line[6..].StartsWith(key) || !line[(6 + key.Length)..].SequenceEqual(" 0 128"u8))
        {
            return Reply.Wrong;
        }
        Fill(_stored[slot]);
        bool right = _connection.ReadBytes(ValueLength).SequenceEqual(_value);
        return right & _connection.ReadLine().IsEmpty & _connection.ReadLine().SequenceEqual("END"u8) ? Reply.Plain : Reply.Wrong;
    }

    /// <summary>The value that stands for this number: its digits again and again, different for each.</summary>
    private void Fill(long content)
    {
        Utf8Formatter.TryFormat(content, _value, out int digits);
        _value[digits] = (byte)'/';
        for (int at = digits + 1; at < ValueLength; at++)
        {
            _value[at] = _value[at - digits - 1];
        }
    }

    private int Append(int length, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_request.AsSpan(length));
        return length + bytes.Length;
    }
}
