// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Sockets;

namespace Wfpatch.Lab.Loads;

/// <summary>A blocking TCP connection to 127.0.0.1 that sends bytes and reads lines or counted bytes, without allocating.</summary>
public sealed class LineConnection : IDisposable
{
    /// <summary>Longer than a busy machine keeps a thread from running: who waits for longer waits for a reply that does not come.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        ReceiveTimeout = (int)Limit.TotalMilliseconds,
        SendTimeout = (int)Limit.TotalMilliseconds,
    };

    private readonly byte[] _buffer = new byte[16384];
    private int _start;
    private int _end;

    /// <exception cref="SocketException">Nobody listens there.</exception>
    public LineConnection(int port) => _socket.Connect(IPAddress.Loopback, port);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>The next line without its end (LF or CR LF); valid until the next read.</summary>
    public ReadOnlySpan<byte> ReadLine()
    {
        for (; ; )
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
                _start += length + 1;
                return line.EndsWith("\r"u8) ? line[..^1] : line;
            }
            Fill();
        }
    }

    /// <summary>Exactly so many bytes, fewer than the buffer holds; valid until the next read.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        ReadOnlySpan<byte> bytes = PeekBytes(count);
        _start += count;
        return bytes;
    }

    /// <summary>The same, and they are read again by the next read.</summary>
    public ReadOnlySpan<byte> PeekBytes(int count)
    {
        while (_end - _start < count)
        {
            Fill();
        }
        return _buffer.AsSpan(_start, count);
    }

    public void Dispose() => _socket.Dispose();

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        int got = _end == _buffer.Length ? 0 : _socket.Receive(_buffer.AsSpan(_end));
        if (got == 0)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
        _end += got;
    }
}
