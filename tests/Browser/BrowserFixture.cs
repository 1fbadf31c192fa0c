using Microsoft.Playwright;

namespace NonLocal.Browser;

/// <summary>One browser for all tests: the Chromium that the variable NONLOCAL_BROWSER names.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private const string Variable = "NONLOCAL_BROWSER";

    private IPlaywright? playwright;

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        string path = Environment.GetEnvironmentVariable(Variable)
            ?? throw new InvalidOperationException($"{Variable} has to name a Chromium; .ci/browser finds one.");
        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = path,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        });
    }

    public async Task DisposeAsync()
    {
        await Browser.CloseAsync();
        playwright?.Dispose();
    }
}
