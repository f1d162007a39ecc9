// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments;

/// <summary>A server that an experiment is about to measure: it runs, and the present conditions are known. It ends with this object.</summary>
internal sealed class PreparedServer<TOptions> : IAsyncDisposable
{
    private PreparedServer(ServerKit kit, ILabProcess process, RunConditions<TOptions> conditions) => (Kit, Process, Conditions) = (kit, process, conditions);

    internal ServerKit Kit { get; }

    internal ILabProcess Process { get; }

    /// <summary>With the load of the machine before anything is measured.</summary>
    internal RunConditions<TOptions> Conditions { get; }

    /// <param name="say">Told what is done now.</param>
    /// <exception cref="InvalidOperationException">Something cannot be had.</exception>
    internal static async Task<PreparedServer<TOptions>> StartAsync(ILabServer server, TOptions options, Action<string> say, CancellationToken cancel)
    {
        say("getting packages and making patches (the first time it takes minutes)");
        ServerKit kit = await server.PrepareAsync(cancel);
        ILabProcess process = await kit.StartAsync(cancel);
        try
        {
            RunConditions<TOptions> conditions = await PresentConditions.ReadAsync(server.Name, kit, process, options, cancel);
            return new(kit, process, await conditions.AddLoadAsync(cancel));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
