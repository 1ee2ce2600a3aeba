// @ts-check
// Runs before the first paint, or a dark page would flash light.
{
  const chosen = localStorage.getItem('theme');
  const preferred = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  document.documentElement.dataset['theme'] = chosen === 'light' || chosen === 'dark' ? chosen : preferred;
}
