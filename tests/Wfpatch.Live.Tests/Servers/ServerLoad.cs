// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>A reply: its first and its last bytes. What is between them is not looked at: dates, lengths.</summary>
public sealed record Reply(byte[] Begins, byte[] Ends)
{
    public bool IsWhole(ReadOnlySpan<byte> bytes) => bytes.Length >= Begins.Length + Ends.Length && bytes.EndsWith(Ends);

    public bool IsRight(ReadOnlySpan<byte> bytes) => IsWhole(bytes) && bytes.StartsWith(Begins);
}

/// <summary>A light load: a few connections to 127.0.0.1, each of which sends a request, takes what comes back and sends the next one.</summary>
/// <param name="Request">What is sent again and again.</param>
/// <param name="Reply">What must come back each time.</param>
public sealed record Dialogue(byte[] Request, Reply Reply)
{
    /// <summary>The server speaks first.</summary>
    public bool Greets { get; init; }

    /// <summary>What a connection begins with, and what the answer to that ends with; may be empty.</summary>
    public (byte[] Says, byte[] Ends) Hello { get; init; } = ([], []);

    /// <summary>Where in a request a number of eight bytes stands that counts from 1 on each connection, and its reply has the same; -1: nowhere.</summary>
    public int NumberAt { get; init; } = -1;

    /// <summary>Whether these are all the bytes of the reply to the request of a number.</summary>
    public bool IsReplyTo(long number, ReadOnlySpan<byte> bytes) =>
        Reply.IsRight(bytes) && (NumberAt < 0 || BinaryPrimitives.ReadInt64LittleEndian(bytes[NumberAt..]) == number);

    /// <summary>The request of a number.</summary>
    public byte[] RequestOf(long number)
    {
        byte[] request = [.. Request];
        if (NumberAt >= 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(request.AsSpan(NumberAt), number);
        }
        return request;
    }
}

public sealed class ServerLoad : IAsyncDisposable
{
    private const int Connections = 3;
    private const int Limit = 30_000;

    private readonly Task[] _tasks;
    private volatile bool _ends;
    private long _replies;

    public ServerLoad(int port, Dialogue dialogue)
    {
        _tasks = [.. Enumerable.Range(0, Connections).Select(_ => Task.Factory.StartNew(() => Run(port, dialogue), TaskCreationOptions.LongRunning))];
    }

    public long Replies => Interlocked.Read(ref _replies);

    /// <summary>Throws what a connection has failed with.</summary>
    public void ExpectAlive()
    {
        foreach (var task in _tasks.Where(t => t.IsFaulted))
        {
            task.GetAwaiter().GetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _ends = true;
        await Task.WhenAny(Task.WhenAll(_tasks)); // what failed, ExpectAlive tells
    }

    /// <summary>A port that nobody uses now.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Whether the server listens and answers a request: some listen before they are ready.</summary>
    public static bool IsServed(int port, Dialogue dialogue)
    {
        try
        {
            byte[] buffer = new byte[65536];
            using var socket = Connect(port, dialogue, buffer);
            Exchange(socket, dialogue, 1, buffer);
            return true;
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            return false;
        }
    }

    private void Run(int port, Dialogue dialogue)
    {
        byte[] buffer = new byte[65536];
        using var socket = Connect(port, dialogue, buffer);
        for (long number = 1; !_ends; number++)
        {
            Exchange(socket, dialogue, number, buffer);
            Interlocked.Increment(ref _replies);
        }
    }

    private static Socket Connect(int port, Dialogue dialogue, byte[] buffer)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = Limit, SendTimeout = Limit };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            if (dialogue.Greets)
            {
                _ = Receive(socket, new Reply([], []), buffer);
            }
            if (dialogue.Hello.Says.Length > 0)
            {
                _ = socket.Send(dialogue.Hello.Says);
                _ = Receive(socket, new Reply([], dialogue.Hello.Ends), buffer);
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="InvalidDataException">Something else came back.</exception>
    private static void Exchange(Socket socket, Dialogue dialogue, long number, byte[] buffer)
    {
        _ = socket.Send(dialogue.RequestOf(number));
        var reply = Receive(socket, dialogue.Reply, buffer);
        if (!dialogue.IsReplyTo(number, reply))
        {
            throw Wrong(reply);
        }
    }

    /// <summary>Reads until the reply is whole: it may come in pieces.</summary>
    private static ReadOnlySpan<byte> Receive(Socket socket, Reply wanted, byte[] buffer)
    {
        for (int length = 0; ;)
        {
            int more;
            try
            {
                more = socket.Receive(buffer.AsSpan(length));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut && length > 0)
            {
                throw Wrong(buffer.AsSpan(0, length));
            }
            if (more == 0)
            {
                throw length == 0 ? new SocketException((int)SocketError.ConnectionReset) : Wrong(buffer.AsSpan(0, length));
            }
            length += more;
            if (wanted.IsWhole(buffer.AsSpan(0, length)))
            {
                return buffer.AsSpan(0, length);
            }
        }
    }

    private static InvalidDataException Wrong(ReadOnlySpan<byte> reply) =>
        new($"not the reply that was wanted: {Encoding.Latin1.GetString(reply)} ({Convert.ToHexString(reply)})");
}
