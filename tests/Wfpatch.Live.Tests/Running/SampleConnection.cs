// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Sockets;

namespace Wfpatch.Live.Tests.Running;

/// <summary>A client of the sample server: one line asked, one line answered.</summary>
public sealed class SampleConnection : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    private SampleConnection(TcpClient client)
    {
        _client = client;
        _reader = new(client.GetStream());
        _writer = new(client.GetStream()) { AutoFlush = true, NewLine = "\n" };
    }

    public static async Task<SampleConnection> OpenAsync(int port, CancellationToken cancel)
    {
        TcpClient client = new() { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, cancel);
        return new(client);
    }

    public async Task<string> AskAsync(string key, CancellationToken cancel)
    {
        await _writer.WriteLineAsync($"get {key}".AsMemory(), cancel);
        return await _reader.ReadLineAsync(cancel).AsTask().WaitAsync(AnswerLimit, cancel)
            ?? throw new EndOfStreamException("the sample server closed the connection");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
