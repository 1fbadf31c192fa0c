using System.Diagnostics;
using System.Globalization;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>
/// Runs every test of the category "Kernels" again in child processes with narrower registers. A kernel test class only needs
/// <c>[Trait("Category", "Kernels")]</c> to be included.
/// </summary>
public class VectorWidthTests
{
    private const int Minutes = 10;

    [Theory]
    [InlineData(256)]
    [InlineData(128)]
    public async Task KernelTests_WithNarrowerRegisters_Pass(int bits)
    {
        bits = Math.Min(bits, SimdWidth.Bits);
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in new[] { "test", typeof(VectorWidthTests).Assembly.Location, "--filter", "Category=Kernels" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_EnableAVX512"] = bits < 512 ? "0" : "1";
        start.Environment["DOTNET_EnableAVX2"] = bits < 256 ? "0" : "1";
        start.Environment[GrantedWidthTests.Wanted] = bits.ToString(CultureInfo.InvariantCulture);
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        Task<string> errors = child.StandardError.ReadToEndAsync();
        try
        {
            await child.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(Minutes)).Token);
        }
        finally
        {
            child.Kill(entireProcessTree: true);
        }

        Assert.True(child.ExitCode == 0, $"with {bits} bits:\n{await output}\n{await errors}");
    }
}

/// <summary>Asserts, in a child process, that it runs with the width that its parent wanted.</summary>
[Trait("Category", "Kernels")]
public class GrantedWidthTests
{
    internal const string Wanted = "NONLOCAL_TEST_WIDTH";

    [Fact]
    public void Width_InChildProcess_IsTheOneWanted()
    {
        string wanted = Environment.GetEnvironmentVariable(Wanted) ?? SimdWidth.Bits.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(wanted, SimdWidth.Bits.ToString(CultureInfo.InvariantCulture));
    }
}
