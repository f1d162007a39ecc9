// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>A server of the distribution that the lab runs and patches.</summary>
internal interface ILabServer
{
    string Name { get; }

    /// <summary>Gets packages and makes patches; the first time it takes minutes.</summary>
    /// <exception cref="InvalidOperationException">Something cannot be had; the message says what.</exception>
    Task<ServerKit> PrepareAsync(CancellationToken cancel);
}

/// <summary>All that is needed to run a server and to patch it.</summary>
/// <param name="Title">Program and version.</param>
/// <param name="Visible">Patch file of the change that its replies show.</param>
/// <param name="Fix">Patch file of the real fix.</param>
/// <param name="FixTitle">What is fixed.</param>
/// <param name="RightAnswer">What a server with the fix answers to the request that shows the bug.</param>
/// <param name="StartAsync">Starts one in a folder of its own, on a port of its own.</param>
internal sealed record ServerKit(
    string Title, string Visible, string Fix, string FixTitle, string RightAnswer, Func<CancellationToken, Task<ILabProcess>> StartAsync)
{
    /// <summary>Whether the bug ends a server that has not the fix.</summary>
    internal bool EndsUnpatched { get; init; } = true;

    /// <summary>Whether the server makes code while it runs, as a compiler of JavaScript does.</summary>
    internal bool MakesCode { get; init; }
}

/// <summary>A server that runs; it ends with this object.</summary>
internal interface ILabProcess : IAsyncDisposable
{
    ChildProcess Process { get; }

    /// <summary>For `wfpatch apply`, beside patch and pid.</summary>
    ImmutableArray<string> ApplyArguments => [];

    /// <summary>Connection number <paramref name="number"/> of the load.</summary>
    ILoadClient Connect(int number);

    /// <summary>Requests that keep a thread for long, for experiments that want such; null: none are known.</summary>
    LongWork? LongWork => null;

    /// <summary>The reply that the visible change changes, on a connection of its own.</summary>
    string Ask();

    /// <summary>Sends the request that shows the bug, on a connection of its own, and says what came back.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The connection was lost.</exception>
    string Provoke();

    /// <summary>Ends it and starts it again, on the same port; <see cref="Process"/> is another one then.</summary>
    /// <exception cref="InvalidOperationException">It does not end, or does not start.</exception>
    Task RestartAsync(CancellationToken cancel);
}

/// <summary>A connection whose requests take long, beside those of the load.</summary>
/// <param name="Title">What it asks for.</param>
/// <param name="Connect">Makes it, with a number that no other connection has.</param>
internal sealed record LongWork(string Title, double RequestsPerSecond, Func<int, ILoadClient> Connect);
