// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Lab.Experiments.Fixes.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Fixes;

/// <summary>`lab patches`: each patch of C or C++ in a server's debian/patches: whether it becomes a patch file, and whether the running server takes it.</summary>
/// <param name="Json">One JSON document on standard output instead of the table.</param>
internal sealed record FixesCommand(ServerSelection Selection, bool Json)
{
    /// <returns>0 when none is wrong and no request failed.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if (Selection.WhyNot() is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        List<FixesRun> runs = [];
        bool isGood = true;
        foreach (FixSource source in FixSource.All.Where(source => Selection.Asked.IsEmpty || Selection.Asked.Contains(source.Server)))
        {
            void Say(string line) => Console.Error.WriteLine($"lab: {source.Server}: {line}");
            try
            {
                FixesRun run = await MeasureAsync(source, Say, cancel);
                run.Write(RepositoryRoot.Combine("lab", "results", Selection.Name, $"patches-{source.Server}.json"));
                runs.Add(run);
            }
            catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or IOException or System.ComponentModel.Win32Exception or System.Net.Sockets.SocketException)
            {
                Say(problem.Message);
                isGood = false;
            }
        }
        if (Json)
        {
            Console.WriteLine(FixesRun.ToJson([.. runs]));
        }
        else
        {
            ReportOutput.Write(FixesTable.Render([.. runs]), FixesTable.About([.. runs]));
        }
        return isGood && runs.TrueForAll(run => run.IsGood) ? 0 : 1;
    }

    /// <param name="say">Told what is done now.</param>
    internal static async Task<FixesRun> MeasureAsync(FixSource source, Action<string> say, CancellationToken cancel)
    {
        ServerKit kit = await ServersCommand.All.Single(server => server.Name == source.Server).PrepareAsync(cancel);
        await using ILabProcess process = await kit.StartAsync(cancel);
        using FixTrial trial = new(process);
        DateTimeOffset began = DateTimeOffset.UtcNow;
        string version = "";
        List<FixResult> fixes = [];
        await foreach (SeriesFix fix in source.RunAsync(new Telling(say), cancel))
        {
            FixResult result = FixResult.Of(fix);
            version = fix.Version;
            if (!fix.Backward.IsEmpty)
            {
                result = await trial.ApplyAsync(result, fix.Backward, cancel);
            }
            say($"{fix.Patch}: {result.Outcome} {string.Join(" ", result.Codes)}{(result.Applied.Length > 0 ? $"; taken out of the running server: {result.Applied}" : "")}");
            fixes.Add(result);
        }
        return new(source.Server, source.Package, version, began, await PresentConditions.KernelAsync(cancel), Environment.ProcessorCount, PresentConditions.Version, [.. fixes]);
    }

    private sealed class Telling(Action<string> say) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value)
        {
            if (value.Unit is null)
            {
                say(value.Text);
            }
        }
    }
}
