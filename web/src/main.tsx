import { render } from 'preact';
import { App } from './app.tsx';
import { start } from './start.ts';

start();
render(<App />, document.getElementById('app') as HTMLElement);
