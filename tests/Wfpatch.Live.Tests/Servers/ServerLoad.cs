// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>A light load: a few connections to 127.0.0.1, each of which sends a request, takes what comes back and sends the next one.</summary>
/// <param name="Greets">The server speaks first.</param>
/// <param name="Hello">What a connection begins with and gets an answer to; may be empty.</param>
/// <param name="Request">What is then sent again and again. What comes back is not looked at.</param>
public sealed record Dialogue(bool Greets, byte[] Hello, byte[] Request)
{
    /// <summary>Where in a request a number of eight bytes stands that counts from 1 on each connection; -1: nowhere.</summary>
    public int NumberAt { get; init; } = -1;

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
            using var socket = Connect(port, dialogue, new byte[65536]);
            Exchange(socket, dialogue.RequestOf(1), new byte[65536]);
            return true;
        }
        catch (SocketException)
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
            Exchange(socket, dialogue.RequestOf(number), buffer);
            Interlocked.Increment(ref _replies);
        }
    }

    private static Socket Connect(int port, Dialogue dialogue, byte[] buffer)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = Limit, SendTimeout = Limit };
        socket.Connect(IPAddress.Loopback, port);
        if (dialogue.Greets)
        {
            _ = socket.Receive(buffer);
        }
        if (dialogue.Hello.Length > 0)
        {
            Exchange(socket, dialogue.Hello, buffer);
        }
        return socket;
    }

    private static void Exchange(Socket socket, byte[] request, byte[] buffer)
    {
        _ = socket.Send(request);
        if (socket.Receive(buffer) == 0)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }
}
