// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Build.Processes;

namespace Wfpatch.Build.Debian;

/// <summary>
/// apt with lists, cache and sources of its own, so that the host's configuration stays as it is and no root is needed to
/// fetch sources. The host's settings (proxies, keys) are kept; its folders and its hooks are not. (apt.conf(5): the file
/// of APT_CONFIG is read first, so that it can take the host's files out of the reading.)
/// </summary>
internal sealed class PrivateApt
{
    private readonly string _config;

    private PrivateApt(string config) => _config = config;

    public static async Task<PrivateApt> PrepareAsync(string folder, CancellationToken cancel)
    {
        foreach (string inner in new[] { "etc/parts", "etc/sources", "lists/partial", "cache/archives/partial" })
        {
            Directory.CreateDirectory(Path.Combine(folder, inner));
        }
        File.WriteAllText(Path.Combine(folder, "etc/sources/host.sources"), HostSources.Read());
        var dump = await new ToolRun(null, cancel).RunAsync("apt-config", "dump");
        string config = Path.Combine(folder, "etc/apt.conf");
        File.WriteAllText(config, Config(folder, dump.Output));
        return new PrivateApt(config);
    }

    /// <summary>A run of apt-get that reads this configuration.</summary>
    public ToolRun Run(string? logFile, CancellationToken cancel, string? workingFolder = null) =>
        new ToolRun(logFile, cancel) { WorkingFolder = workingFolder }.With("APT_CONFIG", _config);

    internal static string Config(string folder, string hostDump)
    {
        string[] droppedTrees = ["Dir", "RootDir", "APT::Update", "APT::Sandbox", "DPkg::Pre-Invoke", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs", "CommandLine", "Unattended-Upgrade"];
        var text = new StringBuilder();
        foreach (string line in hostDump.Split('\n').Where(l => l.EndsWith("\";", StringComparison.Ordinal)))
        {
            string name = line.Split(' ')[0];
            if (!droppedTrees.Any(t => name == t || name.StartsWith(t + "::", StringComparison.OrdinalIgnoreCase)))
            {
                text.Append(line).Append('\n');
            }
        }
        text.Append($"""
            Dir::Etc::main "/dev/null";
            Dir::Etc::parts "{folder}/etc/parts";
            Dir::Etc::sourcelist "/dev/null";
            Dir::Etc::sourceparts "{folder}/etc/sources";
            Dir::State::lists "{folder}/lists";
            Dir::Cache "{folder}/cache";
            Dir::Cache::archives "{folder}/cache/archives";

            """);
        if (Environment.IsPrivilegedProcess)
        {
            // apt's unprivileged user cannot enter a folder of root's.
            text.Append("APT::Sandbox::User \"root\";\n");
        }
        return text.ToString();
    }
}
