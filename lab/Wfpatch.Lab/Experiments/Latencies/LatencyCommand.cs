// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Wfpatch.Lab.Experiments.Latencies.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Live.Controllers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>`lab latency`: what requests notice of patches, by each method, beside windows without any.</summary>
/// <param name="Asked">Names of servers; empty: those that are measured where nothing is said.</param>
/// <param name="Name">The folder below lab/results in which each request is kept.</param>
/// <param name="Json">One JSON document on standard output instead of the table.</param>
internal sealed record LatencyCommand(ImmutableArray<string> Asked, LatencyOptions Options, string Name, bool Json)
{
    internal const string DefaultName = "local";

    /// <returns>0 when every server that was asked for was measured, and no request failed.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if (WhyNot() is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        List<LatencyReport> reports = [];
        foreach (ILabServer server in ServersCommand.All.Where(server => Asked.IsEmpty || Asked.Contains(server.Name)))
        {
            reports.Add(await RunAsync(server, Options, Name, cancel));
        }
        reports.AddRange(ServersCommand.Missing.Where(server => Asked.Contains(server.Name)).Select(server => LatencyReport.NotMeasured(server.Name, server.Why)));
        Print([.. reports]);
        return reports.TrueForAll(report => report.IsGood) ? 0 : 1;
    }

    private static async Task<LatencyReport> RunAsync(ILabServer server, LatencyOptions options, string name, CancellationToken cancel)
    {
        void Say(string line) => Console.Error.WriteLine($"lab: {server.Name}: {line}");
        try
        {
            string file = Path.Combine(name, $"latency-{server.Name}.json.gz");
            return LatencyReport.Of(await MeasureAsync(server, options, RepositoryRoot.Combine("lab", "results", file), Say, cancel), file);
        }
        catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or IOException or System.ComponentModel.Win32Exception or System.Net.Sockets.SocketException)
        {
            Say(problem.Message);
            return LatencyReport.NotMeasured(server.Name, problem.Message.Split('\n')[0]);
        }
    }

    /// <param name="file">Where each request is kept. One that a run under the same conditions left there before its end goes on.</param>
    /// <param name="say">Told what is done now.</param>
    /// <exception cref="InvalidOperationException">Something cannot be had, or the patch cannot be taken back.</exception>
    internal static async Task<LatencyRun> MeasureAsync(ILabServer server, LatencyOptions options, string file, Action<string> say, CancellationToken cancel)
    {
        say("getting packages and making patches (the first time it takes minutes)");
        ServerKit kit = await server.PrepareAsync(cancel);
        await using ILabProcess process = await kit.StartAsync(cancel);
        double load = await LoadAsync(cancel);
        LatencyConditions conditions = await ConditionsAsync(server.Name, kit, process, options, cancel);
        LatencyRun run = LatencyFile.TryRead(file) is { } begun && begun.CanGoOn(conditions) ? begun : LatencyRun.Begin(conditions with { Load = [load] });
        run = await new LatencyFlow(process, kit.Visible, options, (what, share) => say($"{what}{Left(options, share)}")).RunAsync(run, so => LatencyFile.Write(file, so), cancel);
        run = run with { Conditions = run.Conditions with { Load = [.. run.Conditions.Load, await LoadAsync(cancel)] } };
        LatencyFile.Write(file, run);
        return run;
    }

    /// <summary>Null: it can begin.</summary>
    private string? WhyNot()
    {
        ImmutableArray<string> known = [.. ServersCommand.All.Select(server => server.Name), .. ServersCommand.Missing.Select(server => server.Name)];
        return Asked.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? $"there is no '{unknown}'; there are {string.Join(", ", known)}."
            : Name.Length == 0 || !Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
                ? $"'{Name}' is no name for results; take letters, digits, - and _."
                : Options.Seconds <= 0 ? "--seconds must be more than nothing." : null;
    }

    private static string Left(LatencyOptions options, double share) => share == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"; about {TimeSpan.FromSeconds(options.Seconds * (1 - share)):mm\\:ss} left");

    private static async Task<LatencyConditions> ConditionsAsync(string name, ServerKit kit, ILabProcess process, LatencyOptions options, CancellationToken cancel) => new(
        name, kit.Title, Path.GetFileNameWithoutExtension(kit.Visible), process.LongWork?.Title ?? "", (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancel)).Trim(),
        Environment.ProcessorCount, typeof(Commands).Assembly.GetName().Version?.ToString(3) ?? "", RuntimeInformation.FrameworkDescription, Environment.IsPrivilegedProcess, DateTimeOffset.UtcNow, options);

    private static async Task<double> LoadAsync(CancellationToken cancel) =>
        double.Parse((await File.ReadAllTextAsync("/proc/loadavg", cancel)).Split(' ')[0], CultureInfo.InvariantCulture);

    private void Print(ImmutableArray<LatencyReport> reports)
    {
        if (Json)
        {
            Console.WriteLine(LatencyReport.ToJson(reports));
            return;
        }
        ReportOutput.Write(LatencyTable.Render(reports), LatencyTable.About(reports));
    }
}
