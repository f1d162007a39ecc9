// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>Ends a server as its administrator does, and starts it again by the same command line.</summary>
internal static class ServerRestart
{
    private const int SignalTerminate = 15;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    /// <param name="port">On which it listens.</param>
    /// <returns>The new process, which listens.</returns>
    /// <exception cref="InvalidOperationException">It does not end, or does not start.</exception>
    internal static async Task<ChildProcess> RunAsync(ChildProcess process, int port, CancellationToken cancel)
    {
        process.Signal(SignalTerminate);
        try
        {
            await process.WaitForExitAsync(cancel).WaitAsync(EndLimit, cancel);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"the server did not end within {EndLimit.TotalSeconds:0} s");
        }
        await process.DisposeAsync();
        ChildProcess next = ChildProcess.Start(process.Command);
        if (await Loopback.IsListeningAsync(next, port, cancel))
        {
            return next;
        }
        string errors = next.Errors.Trim();
        await next.DisposeAsync();
        throw new InvalidOperationException($"the server did not start again: {errors}");
    }
}
