// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Reports;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Reports;

/// <summary>The folder of one machine's results.</summary>
public sealed class ResultSetTests
{
    [Fact]
    public void What_experiments_leave_is_found_again_and_what_cannot_be_read_is_named()
    {
        string folder = Directory.CreateTempSubdirectory("wfpatch-results-").FullName;
        try
        {
            ResultSet made = MadeUpResults.Set;
            made.Servers[0].Write(Path.Combine(folder, "servers-memcached.json"));
            LatencyFile.Write(Path.Combine(folder, "latency-memcached.json.gz"), made.Latencies[0]);
            made.Overheads[0].Write(Path.Combine(folder, "overhead-memcached.jsonl.gz"));
            made.Endurances[0].Write(Path.Combine(folder, "endurance-memcached.jsonl.gz"));
            File.WriteAllText(Path.Combine(folder, "endurance-apache.jsonl.gz"), "no such thing");
            File.WriteAllText(Path.Combine(folder, "servers-apache.json"), "[]");
            ResultSet read = ResultSet.Read(folder);
            Assert.Equal(Path.GetFileName(folder), read.Name);
            Assert.Equal(
                JsonSerializer.Serialize((made.Servers[0], made.Latencies[0], made.Overheads[0], made.Endurances[0])),
                JsonSerializer.Serialize((Assert.Single(read.Servers), Assert.Single(read.Latencies), Assert.Single(read.Overheads), Assert.Single(read.Endurances))));
            Assert.Collection(read.Unreadable, first => Assert.StartsWith("servers-apache.json: ", first), second => Assert.StartsWith("endurance-apache.jsonl.gz: ", second));
            Assert.True(ResultSet.Read("/nowhere/at-all").IsEmpty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
