// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wfpatch.Lab.Tests.Loads;

/// <summary>A server for one connection: gives its answers, one for each request, then closes.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _work;

    internal ScriptedServer(params string[] answers) : this(answers.Select(Encoding.ASCII.GetBytes))
    {
    }

    /// <param name="greeting">What it says before it is asked; may be empty.</param>
    internal ScriptedServer(IEnumerable<byte[]> answers, params byte[] greeting)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _work = Task.Run(() =>
        {
            using Socket socket = _listener.AcceptSocket();
            byte[] request = new byte[4096];
            socket.Send(greeting);
            foreach (byte[] answer in answers)
            {
                socket.Receive(request); // a request of our clients is one send of less than a segment
                socket.Send(answer);
            }
        });
    }

    internal int Port { get; }

    public void Dispose()
    {
        _listener.Dispose();
        try
        {
            _work.Wait();
        }
        catch (AggregateException)
        {
            // the client has gone first
        }
    }
}
